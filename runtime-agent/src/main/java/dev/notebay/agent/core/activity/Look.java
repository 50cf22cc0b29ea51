package dev.notebay.agent.core.activity;

import dev.notebay.agent.core.kernel.KernelView;
import java.time.Duration;
import java.util.List;

/** One look at the kernels. */
public sealed interface Look {
  /** When, on the agent's monotonic axis. */
  Duration at();

  /** The look succeeded: this is how they are. */
  record Seen(Duration at, List<KernelView> kernels) implements Look {
    public Seen {
      kernels = List.copyOf(kernels);
    }
  }

  /** The look failed: nobody knows how they are. */
  record Failed(Duration at, String why) implements Look {}
}
