package dev.notebay.scheduler.grpc;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Duration;
import dev.notebay.proto.session.v1.CreateSessionRequest;
import dev.notebay.proto.session.v1.SessionPolicy;
import dev.notebay.scheduler.core.SchedulerException.InvalidField;
import dev.notebay.scheduler.core.request.Allowance;
import dev.notebay.scheduler.core.request.SessionLimits;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Compute;
import dev.notebay.scheduler.core.session.Environment;
import dev.notebay.scheduler.core.session.Image;
import dev.notebay.scheduler.core.session.Policy;
import dev.notebay.scheduler.core.session.RequestKey;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionSpec;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/** Reads requests, and says which field is wrong and what would be right. */
final class RequestParser {
  private static final String NAME_PREFIX = "sessions/";
  private static final Pattern VOLUME = Pattern.compile(SessionLimits.VOLUME);

  private final Allowance allowance;

  RequestParser(Allowance allowance) {
    this.allowance = allowance;
  }

  SessionId sessionName(String name) {
    return sessionName("name", name);
  }

  static SessionId sessionName(String field, String name) {
    Optional<SessionId> id =
        name.startsWith(NAME_PREFIX)
            ? SessionId.parse(name.substring(NAME_PREFIX.length()))
            : Optional.empty();
    return id.orElseThrow(() -> new InvalidField(field, name, "sessions/{uuid}"));
  }

  static String nameOf(SessionId id) {
    return NAME_PREFIX + id;
  }

  RequestKey requestKey(CreateSessionRequest request) {
    return new RequestKey(uuid("request_id", request.getRequestId()), digest(request.getSession()));
  }

  SessionSpec spec(dev.notebay.proto.session.v1.Session wanted) {
    return new SessionSpec(
        displayName(wanted.getDisplayName()),
        accelerator(wanted.getAccelerator()),
        compute(wanted.getCompute()),
        volume(wanted.getVolume()),
        policy(wanted.getPolicy()),
        queue(wanted.getQueueName()),
        wanted.getPriority(),
        image(wanted.getImage()),
        environment(wanted.getEnvironmentMap()));
  }

  private static Optional<Image> image(String reference) {
    if (reference.isEmpty()) {
      return Optional.empty();
    }
    if (!Image.isReference(reference)) {
      throw new InvalidField("session.image", reference, Image.EXPECTED);
    }
    return Optional.of(new Image(reference));
  }

  private static Environment environment(Map<String, String> variables) {
    variables.forEach(
        (name, value) ->
            Environment.fault(name, value)
                .ifPresent(
                    expected -> {
                      throw new InvalidField("session.environment", name, expected);
                    }));
    if (!Environment.fits(variables)) {
      throw new InvalidField(
          "session.environment", variables.size() + " variables", Environment.SIZE_EXPECTED);
    }
    return new Environment(variables);
  }

  private static String queue(String name) {
    if (name.isEmpty()) {
      return SessionSpec.DEFAULT_QUEUE;
    }
    if (!SessionSpec.isQueueName(name)) {
      throw new InvalidField("session.queue_name", name, SessionSpec.QUEUE_NAME_EXPECTED);
    }
    return name;
  }

  Optional<java.time.Duration> extension(boolean given, Duration extension) {
    return given
        ? Optional.of(duration("extension", extension, allowance.longestLifetime()))
        : Optional.empty();
  }

  private static UUID uuid(String field, String text) {
    return SessionId.parse(text)
        .map(SessionId::value)
        .orElseThrow(() -> new InvalidField(field, text, "a UUID of 36 characters"));
  }

  private static String displayName(String text) {
    if (text.codePointCount(0, text.length()) > SessionLimits.MAXIMUM_DISPLAY_NAME) {
      throw new InvalidField(
          "session.display_name",
          text,
          "at most " + SessionLimits.MAXIMUM_DISPLAY_NAME + " characters");
    }
    if (text.codePoints().anyMatch(Character::isISOControl)) {
      throw new InvalidField(
          "session.display_name",
          text.codePoints()
              .map(c -> Character.isISOControl(c) ? '?' : c)
              .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
              .toString(),
          "no control characters");
    }
    return text;
  }

  private static Accelerator accelerator(dev.notebay.proto.session.v1.Accelerator wanted) {
    String type = wanted.getType().isEmpty() ? Accelerator.NONE.type() : wanted.getType();
    int count = wanted.getCount();
    if (!Accelerator.isType(type)) {
      throw new InvalidField(
          "session.accelerator.type", type, "none, or an accelerator class such as nvidia-t4");
    }
    if (type.equals(Accelerator.NONE.type())) {
      return none(wanted);
    }
    if (count < 0 || count > Accelerator.MAXIMUM_COUNT) {
      throw new InvalidField(
          "session.accelerator.count",
          Integer.toString(count),
          "1 to " + Accelerator.MAXIMUM_COUNT + ", or 0 for 1");
    }
    if (wanted.getMemoryBytes() < 0) {
      throw new InvalidField(
          "session.accelerator.memory_bytes", Long.toString(wanted.getMemoryBytes()), ">= 0");
    }
    return new Accelerator(
        types(type, wanted.getElseTypesList()),
        Math.max(1, count),
        milli(wanted),
        wanted.getMemoryBytes());
  }

  private static int milli(dev.notebay.proto.session.v1.Accelerator wanted) {
    int milli = wanted.getMilli() == 0 ? Accelerator.WHOLE : wanted.getMilli();
    boolean isOfOne = wanted.getCount() <= 1;
    if (milli < 1 || milli > Accelerator.WHOLE || (milli < Accelerator.WHOLE && !isOfOne)) {
      throw new InvalidField(
          "session.accelerator.milli",
          Integer.toString(milli),
          isOfOne
              ? "1 to 1000, or 0 for 1000, a whole device"
              : "1000, or 0 for it: a share is of one device, and count is " + wanted.getCount());
    }
    return milli;
  }

  private static Accelerator none(dev.notebay.proto.session.v1.Accelerator wanted) {
    refuse("count", wanted.getCount() != 0, Integer.toString(wanted.getCount()), "0");
    refuse(
        "milli",
        wanted.getMilli() != 0 && wanted.getMilli() != Accelerator.WHOLE,
        Integer.toString(wanted.getMilli()),
        "0");
    refuse(
        "else_types",
        wanted.getElseTypesCount() > 0,
        String.join(", ", wanted.getElseTypesList()),
        "none of them");
    refuse(
        "memory_bytes", wanted.getMemoryBytes() != 0, Long.toString(wanted.getMemoryBytes()), "0");
    return Accelerator.NONE;
  }

  private static void refuse(String field, boolean wrong, String value, String expected) {
    if (wrong) {
      throw new InvalidField("session.accelerator." + field, value, expected + " for type none");
    }
  }

  private static List<String> types(String first, List<String> others) {
    List<String> types = new ArrayList<>(List.of(first));
    for (String other : others) {
      if (!Accelerator.isType(other)
          || other.equals(Accelerator.NONE.type())
          || types.contains(other)
          || types.size() == Accelerator.MAXIMUM_TYPES) {
        throw new InvalidField(
            "session.accelerator.else_types",
            other,
            "at most 15 more accelerator classes, each once");
      }
      types.add(other);
    }
    return types;
  }

  private Compute compute(dev.notebay.proto.session.v1.Compute wanted) {
    long cpu = wanted.getCpuMilli() == 0 ? allowance.compute().cpuMilli() : wanted.getCpuMilli();
    long memory =
        wanted.getMemoryBytes() == 0 ? allowance.compute().memoryBytes() : wanted.getMemoryBytes();
    if (cpu < 1 || cpu > SessionLimits.MAXIMUM_CPU_MILLI) {
      throw new InvalidField(
          "session.compute.cpu_milli",
          Long.toString(cpu),
          "1 to " + SessionLimits.MAXIMUM_CPU_MILLI);
    }
    if (memory < SessionLimits.MINIMUM_MEMORY || memory > SessionLimits.MAXIMUM_MEMORY) {
      throw new InvalidField(
          "session.compute.memory_bytes",
          Long.toString(memory),
          SessionLimits.MINIMUM_MEMORY
              + " (128 MiB) to "
              + SessionLimits.MAXIMUM_MEMORY
              + " (16 TiB)");
    }
    return new Compute(cpu, memory);
  }

  private static Optional<String> volume(String text) {
    if (text.isEmpty()) {
      return Optional.empty();
    }
    if (!VOLUME.matcher(text).matches()) {
      throw new InvalidField("session.volume", text, SessionLimits.VOLUME_EXPECTED);
    }
    return Optional.of(text);
  }

  private Policy policy(SessionPolicy wanted) {
    Policy usual = allowance.policy();
    java.time.Duration idle =
        wanted.hasIdleTimeout() && !isZero(wanted.getIdleTimeout())
            ? duration(
                "session.policy.idle_timeout",
                wanted.getIdleTimeout(),
                allowance.longestIdleTimeout())
            : usual.idleTimeout();
    java.time.Duration lifetime =
        wanted.hasMaximumLifetime() && !isZero(wanted.getMaximumLifetime())
            ? duration(
                "session.policy.maximum_lifetime",
                wanted.getMaximumLifetime(),
                allowance.longestLifetime())
            : usual.maximumLifetime();
    java.time.Duration warning;
    if (wanted.hasWarning() && !isZero(wanted.getWarning())) {
      warning = duration("session.policy.warning", wanted.getWarning(), idle);
      if (warning.compareTo(idle) >= 0) {
        throw new InvalidField(
            "session.policy.warning", warning.toString(), "less than idle_timeout, " + idle);
      }
    } else {
      java.time.Duration half = idle.dividedBy(2);
      warning = usual.warning().compareTo(half) < 0 ? usual.warning() : half;
    }
    return new Policy(idle, lifetime, warning);
  }

  private static boolean isZero(Duration duration) {
    return duration.getSeconds() == 0 && duration.getNanos() == 0;
  }

  private static java.time.Duration duration(
      String field, Duration wanted, java.time.Duration longest) {
    String shown = wanted.getSeconds() + "." + String.format("%09d", wanted.getNanos()) + " s";
    String expected = "1 s to " + longest.toSeconds() + " s";
    // Checked before java.time sees it, which would overflow.
    if (wanted.getNanos() < 0
        || wanted.getNanos() > 999_999_999
        || wanted.getSeconds() < 0
        || wanted.getSeconds() > longest.toSeconds()) {
      throw new InvalidField(field, shown, expected);
    }
    var duration = java.time.Duration.ofSeconds(wanted.getSeconds(), wanted.getNanos());
    if (duration.compareTo(SessionLimits.SHORTEST) < 0) {
      throw new InvalidField(field, shown, expected);
    }
    return duration;
  }

  /** Of what the caller can choose only: what is output-only is ignored, also here. */
  private static String digest(dev.notebay.proto.session.v1.Session wanted) {
    var chosen =
        dev.notebay.proto.session.v1.Session.newBuilder()
            .setDisplayName(wanted.getDisplayName())
            .setAccelerator(wanted.getAccelerator())
            .setCompute(wanted.getCompute())
            .setVolume(wanted.getVolume())
            .setPolicy(wanted.getPolicy())
            .setQueueName(wanted.getQueueName())
            .setPriority(wanted.getPriority())
            .setImage(wanted.getImage())
            .putAllEnvironment(wanted.getEnvironmentMap())
            .build();
    var bytes = new byte[chosen.getSerializedSize()];
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    // Else variables would be written in any order, and the same request be another one.
    out.useDeterministicSerialization();
    try {
      chosen.writeTo(out);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (IOException tooShort) {
      throw new IllegalStateException("the array has the message's size", tooShort);
    } catch (NoSuchAlgorithmException missing) {
      throw new IllegalStateException("every JDK has SHA-256", missing);
    }
  }
}
