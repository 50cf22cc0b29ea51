package dev.notebay.reliability.history;

import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.SessionEvent;
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
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/** Everything that may happen to a session, at random. */
final class ControlPlane {
  private ControlPlane() {}

  static SessionEvent event(SplittableRandom random, Instant now) {
    return random.nextInt(12) == 0 ? new Extended(now.plusSeconds(60), now) : own(random, now);
  }

  /** An event that does not come of the owner's request. */
  static SessionEvent own(SplittableRandom random, Instant now) {
    return switch (random.nextInt(22)) {
      case 0 -> new VolumeBusy("in use", now.plusSeconds(10), now);
      case 1 -> new RuntimeGone(EndReason.RUNTIME_LOST, "lost", now);
      case 2 -> new StopAsked(EndReason.IDLE_TIMEOUT, "idle", now);
      case 3, 4 -> new VolumeReleased(now);
      case 5, 6, 7, 8 -> new Placed(new Assignment("node", "none", List.of(), now));
      case 9, 10, 11, 12 -> new Claimed("uid", now);
      case 13 -> new Promised(Optional.of(now.plusSeconds(random.nextInt(60))), now);
      case 14 -> new PreemptionNoticed(now.plusSeconds(60), now);
      default ->
          new Ready("uid", URI.create("http://127.0.0.1:" + (5000 + random.nextInt(2))), now);
    };
  }
}
