package dev.notebay.scheduler.core.placement;

import dev.notebay.scheduler.core.fleet.Device;
import java.util.List;
import java.util.Map;

/** What was decided about one request. */
public sealed interface Decision {
  /** It goes on this node, with these devices. */
  record Place(String node, List<Device> devices) implements Decision {}

  /**
   * The fleet could give it, and cannot now.
   *
   * @param message for people, with the numbers
   */
  record Wait(WaitReason reason, String message) implements Decision {}

  /**
   * The fleet could not give it even if it were empty.
   *
   * @param reason UPPER_SNAKE
   * @param message what was asked and what would be possible
   * @param metadata the values in the message, by name
   */
  record Never(String reason, String message, Map<String, String> metadata) implements Decision {}
}
