package dev.notebay.scheduler.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import dev.notebay.scheduler.core.Sessions;
import dev.notebay.scheduler.core.launch.LaunchRequest;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.Compute;
import dev.notebay.scheduler.core.session.MemoryShare;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ShareVariablesTest {
  private static final long GIBIBYTE = 1L << 30;

  private static LaunchRequest request(int milli, Optional<MemoryShare> memory) {
    return new LaunchRequest(
        new RuntimeName(Sessions.id(1), 1),
        Sessions.ADA,
        new Accelerator(List.of("nvidia-t4"), 1, milli, 0),
        new Compute(1000, GIBIBYTE),
        new Assignment("node", "nvidia-t4", List.of("GPU-1"), memory, Sessions.NOON),
        Optional.empty());
  }

  @Test
  void programsAreToldWhatIsTheirs() {
    assertThat(
            ShareVariables.of(
                request(255, Optional.of(new MemoryShare(4 * GIBIBYTE, 16 * GIBIBYTE)))))
        .containsOnly(
            entry("NOTEBAY_GPU_MILLI", "255"),
            entry("NOTEBAY_GPU_MEMORY_BYTES", "4294967296"),
            entry("CUDA_MPS_ACTIVE_THREAD_PERCENTAGE", "25"),
            entry("CUDA_MPS_PINNED_DEVICE_MEM_LIMIT", "0=4096M"),
            entry("TF_FORCE_GPU_ALLOW_GROWTH", "true"),
            entry("XLA_PYTHON_CLIENT_MEM_FRACTION", "0.250"));
  }

  @Test
  void nothingIsSaidOfMemoryThatIsNotKnownAndNoShareIsNothing() {
    assertThat(ShareVariables.of(request(5, Optional.empty())))
        .containsEntry("CUDA_MPS_ACTIVE_THREAD_PERCENTAGE", "1")
        .doesNotContainKeys("NOTEBAY_GPU_MEMORY_BYTES", "XLA_PYTHON_CLIENT_MEM_FRACTION");
  }

  @Test
  void aWholeDeviceIsNotSpokenOf() {
    assertThat(ShareVariables.of(request(1000, Optional.empty()))).isEmpty();
  }
}
