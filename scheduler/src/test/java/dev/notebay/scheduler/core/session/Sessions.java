package dev.notebay.scheduler.core.session;

import dev.notebay.scheduler.core.session.SessionEvent.Claimed;
import dev.notebay.scheduler.core.session.SessionEvent.Extended;
import dev.notebay.scheduler.core.session.SessionEvent.Placed;
import dev.notebay.scheduler.core.session.SessionEvent.PreemptionNoticed;
import dev.notebay.scheduler.core.session.SessionEvent.Promised;
import dev.notebay.scheduler.core.session.SessionEvent.Ready;
import dev.notebay.scheduler.core.session.SessionEvent.RuntimeGone;
import dev.notebay.scheduler.core.session.SessionEvent.StopAsked;
import dev.notebay.scheduler.core.session.SessionEvent.VolumeBusy;
import dev.notebay.scheduler.core.session.SessionEvent.VolumeReleased;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;

/** Sessions and events for tests, by hand and at random from a seed. */
public final class Sessions {
  public static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");
  public static final Owner ADA = new Owner("ada");
  public static final Owner BOB = new Owner("bob");
  public static final Policy POLICY =
      new Policy(Duration.ofMinutes(90), Duration.ofHours(12), Duration.ofMinutes(5));

  private static final int LIST_OF_EVENTS = 10;

  private Sessions() {}

  public static SessionSpec spec() {
    return new SessionSpec(
        "training",
        new Accelerator("nvidia-t4", 1),
        new Compute(2000, 1 << 30),
        volume(),
        POLICY,
        "research",
        -7);
  }

  private static Optional<String> volume() {
    return Optional.of("drive");
  }

  public static SessionSpec specWithoutVolume() {
    return new SessionSpec(
        "scratch", Accelerator.NONE, new Compute(500, 1), Optional.empty(), POLICY);
  }

  public static Session queued(Owner owner, Instant at) {
    return Session.queued(new SessionId(UUID.randomUUID()), owner, spec(), at);
  }

  /** The session in another state, one version on, as only a test may write it. */
  public static Session in(Session session, SessionState state) {
    return new Session(
        session.id(),
        session.owner(),
        session.spec(),
        session.created(),
        session.updated(),
        session.version() + 1,
        Math.max(1, session.attempt()),
        session.policyGeneration(),
        session.extendUntil(),
        state);
  }

  public static RequestKey key() {
    return new RequestKey(UUID.randomUUID(), "00ff");
  }

  /** Any event, at any time within the hour after noon; few values, so that they meet. */
  static SessionEvent anyEvent(SplittableRandom random) {
    Instant at = NOON.plusNanos(random.nextLong(Duration.ofHours(1).toNanos()));
    String uid = random.nextInt(3) == 0 ? "uid-2" : "uid-1";
    EndReason reason = EndReason.values()[random.nextInt(EndReason.values().length)];
    return switch (random.nextInt(LIST_OF_EVENTS)) {
      case 0 ->
          new Placed(
              new Assignment("node-" + random.nextInt(2), "nvidia-t4", anyDevices(random), at));
      case 1 -> new Claimed(uid, at);
      case 2 -> new Ready(uid, URI.create("http://127.0.0.1:" + random.nextInt(1, 3)), at);
      case 3 -> new VolumeBusy("held by another session", at.plusSeconds(30), at);
      case 4 -> new Extended(at.plusSeconds(random.nextInt(600)), at);
      case 5 -> new RuntimeGone(reason, "gone", at);
      case 6 -> new VolumeReleased(at);
      case 7 ->
          new Promised(
              random.nextInt(3) == 0 ? Optional.empty() : Optional.of(at.plusSeconds(60)), at);
      case 8 -> new PreemptionNoticed(at.plusSeconds(300), at);
      default ->
          random.nextInt(3) == 0 ? new StopAsked(reason, "enough", at) : new Claimed(uid, at);
    };
  }

  private static List<String> anyDevices(SplittableRandom random) {
    return switch (random.nextInt(4)) {
      case 0 -> List.of();
      case 1 -> List.of("gpu-0");
      case 2 -> List.of("gpu-1");
      default -> List.of("gpu-1", "gpu-0");
    };
  }
}
