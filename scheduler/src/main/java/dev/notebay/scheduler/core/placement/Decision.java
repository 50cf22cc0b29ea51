package dev.notebay.scheduler.core.placement;

import dev.notebay.scheduler.core.session.SessionId;
import java.util.List;
import java.util.Map;

/** What was decided about one request. */
public sealed interface Decision {
  /**
   * It gets this.
   *
   * @param type the accelerator class of its devices, one of those acceptable; {@code none} for
   *     none
   */
  record Place(Allotment allotment, String type) implements Decision {}

  /**
   * The fleet could give it, and cannot now.
   *
   * @param reason of the node that came nearest
   * @param message for people, with the numbers
   * @param refusals how many nodes gave each reason, which together are all nodes; empty where the
   *     reason is not about nodes
   */
  record Wait(WaitReason reason, String message, Map<WaitReason, Integer> refusals)
      implements Decision {
    public Wait {
      refusals = Map.copyOf(refusals);
    }

    /** For a reason that is not about nodes. */
    public Wait(WaitReason reason, String message) {
      this(reason, message, Map.of());
    }
  }

  /**
   * The fleet could not give it even if it were empty and every node available.
   *
   * @param reason UPPER_SNAKE
   * @param message what was asked and what would be possible
   * @param metadata the values in the message, by name
   */
  record Never(String reason, String message, Map<String, String> metadata) implements Decision {}

  /**
   * It gets this as soon as others have been made to leave. Decided by the queue, which knows who
   * may be.
   */
  record Preempt(Place then, List<SessionId> victims, String message) implements Decision {}
}
