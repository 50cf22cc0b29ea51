package dev.notebay.scheduler.core.session;

import java.net.URI;
import java.time.Instant;
import java.util.Optional;

/**
 * Where a session is in its life. Each state carries only what is true in it.
 *
 * <pre class="mermaid">
 * stateDiagram-v2
 *   [*] --> Queued
 *   Queued --> Queued : Promised
 *   Queued --> Starting : Placed
 *   Queued --> Ended : StopAsked
 *   Starting --> Starting : Claimed
 *   Starting --> Running : Ready
 *   Starting --> Queued : VolumeBusy
 *   Starting --> Stopping : StopAsked, RuntimeGone
 *   Running --> Running : Extended, Ready, PreemptionNoticed
 *   Running --> Stopping : StopAsked, RuntimeGone
 *   Stopping --> Ended : RuntimeGone
 *   Ended --> Ended : VolumeReleased
 * </pre>
 */
public sealed interface SessionState {
  /**
   * Waits for room.
   *
   * @param since when it was queued first; its place in the queue
   * @param heldBack until when it is not placed, because its volume was in use; with why
   * @param startBy by when it starts at the latest, as it was told; empty where there is no bound
   */
  record Queued(Instant since, Optional<HeldBack> heldBack, Optional<Instant> startBy)
      implements SessionState {
    /** Waits without a bound. */
    public Queued(Instant since, Optional<HeldBack> heldBack) {
      this(since, heldBack, Optional.empty());
    }
  }

  /** Not to be placed before {@code until}. */
  record HeldBack(Instant until, String why) {}

  /**
   * Has its devices; its runtime is being made.
   *
   * @param claimedBy identity of the one runtime that may be it, once it has asked
   */
  record Starting(Assignment assignment, Optional<String> claimedBy) implements SessionState {}

  /**
   * Its Jupyter server answers.
   *
   * @param preemptAt when it must give its devices to somebody with more right to them, once it has
   *     had notice of that
   */
  record Running(
      Assignment assignment,
      String claimedBy,
      URI jupyter,
      Instant readyAt,
      Optional<Instant> preemptAt)
      implements SessionState {
    /** Runs without notice. */
    public Running(Assignment assignment, String claimedBy, URI jupyter, Instant readyAt) {
      this(assignment, claimedBy, jupyter, readyAt, Optional.empty());
    }
  }

  /**
   * Ending. Its devices stay booked until nothing of it runs any more.
   *
   * @param since when the end was asked for
   */
  record Stopping(Assignment assignment, EndReason reason, String message, Instant since)
      implements SessionState {}

  /**
   * Over; STOPPED or FAILED as {@link EndReason#isFault()} says.
   *
   * @param volumeHeld whether the storage gateway may still have a mount recorded for it
   */
  record Ended(EndReason reason, String message, Instant at, boolean volumeHeld)
      implements SessionState {}

  /** What the session holds on a node now, if anything. */
  default Optional<Assignment> held() {
    return switch (this) {
      case Queued _, Ended _ -> Optional.empty();
      case Starting(var assignment, _) -> Optional.of(assignment);
      case Running(var assignment, _, _, _, _) -> Optional.of(assignment);
      case Stopping(var assignment, _, _, _) -> Optional.of(assignment);
    };
  }

  /** The state's name for people and programs. */
  default String label() {
    return switch (this) {
      case Queued _ -> "QUEUED";
      case Starting _ -> "STARTING";
      case Running _ -> "RUNNING";
      case Stopping _ -> "STOPPING";
      case Ended(var reason, _, _, _) -> reason.isFault() ? "FAILED" : "STOPPED";
    };
  }
}
