package dev.notebay.agent.control;

import dev.notebay.agent.core.activity.Cause;
import dev.notebay.agent.core.activity.Policy;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The claim that was granted last, so that an agent that is started again within the same runtime
 * serves at once, also while the scheduler is away. The policy's points in time are kept on the
 * machine's monotonic clock, which outlives the agent as the runtime does.
 */
public final class ClaimFile {
  private static final System.Logger LOG = System.getLogger(ClaimFile.class.getName());

  /** What was granted. */
  public record Granted(String owner, Policy policy) {}

  private final Path file;
  private final Identity identity;

  public ClaimFile(Path file, Identity identity) {
    this.file = file;
    this.identity = identity;
  }

  /** The grant of this very runtime; empty where there is none, or none that can be read. */
  public Optional<Granted> read() {
    try {
      var json = new JsonObject(Files.readString(file));
      boolean ours =
          identity.session().toString().equals(json.getString("session_id"))
              && Integer.valueOf(identity.attempt()).equals(json.getInteger("attempt"))
              && identity.runtimeUid().equals(json.getString("runtime_uid"));
      String owner = json.getString("owner");
      JsonObject policy = json.getJsonObject("policy");
      if (!ours || owner == null || policy == null) {
        return Optional.empty();
      }
      return Optional.of(
          new Granted(
              owner,
              new Policy(
                  policy.getLong("generation", 0L),
                  optional(policy.getString("idle_timeout")).map(Duration::parse),
                  Duration.parse(policy.getString("warning", "PT0S")),
                  optional(policy.getString("lifetime_end")).map(Duration::parse),
                  Cause.valueOf(policy.getString("lifetime_end_cause", Cause.MAX_LIFETIME.name())),
                  optional(policy.getString("extended_until")).map(Duration::parse))));
    } catch (NoSuchFileException none) {
      return Optional.empty();
    } catch (IOException
        | DecodeException
        | DateTimeException
        | ClassCastException
        | IllegalArgumentException broken) {
      LOG.log(
          System.Logger.Level.WARNING,
          "the last claim cannot be read and will be asked for: " + broken.getMessage());
      return Optional.empty();
    }
  }

  /** Replaces the grant. */
  public synchronized void write(Granted granted) {
    Policy kept = granted.policy();
    var policy =
        new JsonObject()
            .put("generation", kept.generation())
            .put("warning", kept.warning().toString())
            .put("lifetime_end_cause", kept.lifetimeEndCause().name());
    kept.idleTimeout().ifPresent(value -> policy.put("idle_timeout", value.toString()));
    kept.lifetimeEnd().ifPresent(value -> policy.put("lifetime_end", value.toString()));
    kept.extendedUntil().ifPresent(value -> policy.put("extended_until", value.toString()));
    var json =
        new JsonObject()
            .put("session_id", identity.session().toString())
            .put("attempt", identity.attempt())
            .put("runtime_uid", identity.runtimeUid())
            .put("owner", granted.owner())
            .put("policy", policy);
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    try {
      Files.deleteIfExists(fresh);
      Files.createFile(
          fresh,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(fresh, json.encode());
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException failure) {
      throw new UncheckedIOException("cannot keep the claim", failure);
    }
  }

  private static Optional<String> optional(@Nullable String text) {
    return Optional.ofNullable(text);
  }
}
