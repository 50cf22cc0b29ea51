package dev.notebay.agent.core.activity;

import dev.notebay.agent.core.kernel.ExecutionState;
import dev.notebay.agent.core.kernel.KernelId;
import dev.notebay.agent.core.kernel.KernelView;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * How the session is, for the scheduler.
 *
 * @param activity empty when it is not known
 * @param connections clients connected by WebSocket
 */
public record Report(Optional<Activity> activity, List<KernelView> kernels, int connections) {
  private static final Duration NOISE = Duration.ofSeconds(1);

  /** What is known of its use. */
  public record Activity(
      boolean active,
      Instant lastActive,
      Optional<Instant> stopTime,
      Optional<Cause> stopCause,
      boolean warned,
      String explanation) {}

  public Report {
    kernels = List.copyOf(kernels);
  }

  /** Whether this says something that {@code earlier} did not, other than that time passes. */
  public boolean isNewsAfter(Report earlier) {
    return connections != earlier.connections
        || !states().equals(earlier.states())
        || activity.isPresent() != earlier.activity.isPresent()
        || (activity.isPresent() && isNews(activity.get(), earlier.activity.orElseThrow()));
  }

  private record State(KernelId id, ExecutionState state) {}

  private List<State> states() {
    return kernels.stream().map(kernel -> new State(kernel.id(), kernel.state())).toList();
  }

  private static boolean isNews(Activity now, Activity earlier) {
    return now.active() != earlier.active()
        || now.warned() != earlier.warned()
        || !now.stopCause().equals(earlier.stopCause())
        || now.stopTime().isPresent() != earlier.stopTime().isPresent()
        || (now.stopTime().isPresent()
            && Duration.between(now.stopTime().get(), earlier.stopTime().orElseThrow())
                    .abs()
                    .compareTo(NOISE)
                > 0);
  }
}
