package dev.notebay.scheduler.kube.launch;

import io.fabric8.kubernetes.api.model.Event;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Why a volume, or the pod's own sandbox, does not come: only a pod's events say it. */
final class VolumeTrouble {
  private static final Map<String, String> WORDS =
      Map.of(
          "FailedMount", "its volume cannot be mounted yet",
          "FailedAttachVolume", "its volume is held elsewhere or cannot be attached yet",
          "FailedMapVolume", "its volume cannot be mapped yet",
          "VolumeResizeFailed", "its volume cannot be made larger",
          "FailedCreatePodSandBox", "its node cannot make its pod's sandbox yet");

  private VolumeTrouble() {}

  /** What the latest such event says, for people; nothing where there is none. */
  static String message(List<Event> events) {
    return latest(events, WORDS.keySet())
        .map(
            event ->
                PodStatusMapper.joined(
                    WORDS.getOrDefault(event.getReason(), ""), event.getMessage()))
        .orElse("");
  }

  /** The latest event that has one of these reasons. */
  static Optional<Event> latest(List<Event> events, Set<String> reasons) {
    return events.stream()
        .filter(event -> reasons.contains(event.getReason()))
        .max(Comparator.comparing(VolumeTrouble::time));
  }

  /** As text: both kinds of time are RFC 3339 in UTC, so texts are in the order of time. */
  private static String time(Event event) {
    if (event.getLastTimestamp() != null) {
      return event.getLastTimestamp();
    }
    return event.getEventTime() == null || event.getEventTime().getTime() == null
        ? ""
        : event.getEventTime().getTime();
  }
}
