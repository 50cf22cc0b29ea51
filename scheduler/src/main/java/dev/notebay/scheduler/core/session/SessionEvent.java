package dev.notebay.scheduler.core.session;

import java.net.URI;
import java.time.Instant;
import java.util.Optional;

/** Something that happened to a session. */
public sealed interface SessionEvent {
  Instant at();

  /** It was told by when it starts at the latest; empty: that there is no such bound any more. */
  record Promised(Optional<Instant> startBy, Instant at) implements SessionEvent {}

  /** It was given a node and devices. */
  record Placed(Assignment assignment) implements SessionEvent {
    @Override
    public Instant at() {
      return assignment.at();
    }
  }

  /** A runtime asked for the right to be this session's, for the present attempt. */
  record Claimed(String runtimeUid, Instant at) implements SessionEvent {}

  /** The claimed runtime's Jupyter server answers. */
  record Ready(String runtimeUid, URI jupyter, Instant at) implements SessionEvent {}

  /**
   * Its single-writer volume is held by another session: back into the queue, not before {@code
   * until}.
   */
  record VolumeBusy(String why, Instant until, Instant at) implements SessionEvent {}

  /** From now until {@code until} the session counts as active. */
  record Extended(Instant until, Instant at) implements SessionEvent {}

  /** Its devices are needed by somebody with more right to them; it may keep them until then. */
  record PreemptionNoticed(Instant until, Instant at) implements SessionEvent {}

  /** Somebody or something wants its end. */
  record StopAsked(EndReason reason, String message, Instant at) implements SessionEvent {
    /** The notice that it has had is over. */
    public static StopAsked noticeIsOver(Instant at) {
      return new StopAsked(
          EndReason.PREEMPTED, "its devices were needed by others, as it was told", at);
    }
  }

  /**
   * Nothing of its present attempt runs any more, for the reason given if none was asked for
   * before.
   */
  record RuntimeGone(EndReason reason, String message, Instant at) implements SessionEvent {}

  /** The storage gateway has no mount recorded for it any more. */
  record VolumeReleased(Instant at) implements SessionEvent {}
}
