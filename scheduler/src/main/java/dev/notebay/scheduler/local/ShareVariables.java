package dev.notebay.scheduler.local;

import dev.notebay.scheduler.core.launch.LaunchRequest;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.MemoryShare;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Tells the programs of a session which share of its GPU is theirs, in the variables that they
 * know. Whoever does not heed them is not kept from more: a GPU's driver divides its time among all
 * who use it, and gives its memory to who asks first.
 */
final class ShareVariables {
  private static final int PERCENT = Accelerator.WHOLE / 100;
  private static final long MEBIBYTE = 1L << 20;

  private ShareVariables() {}

  /** None for whole devices. */
  static Map<String, String> of(LaunchRequest request) {
    if (!request.accelerator().isShare()) {
      return Map.of();
    }
    Map<String, String> variables = new LinkedHashMap<>();
    int milli = request.accelerator().milli();
    variables.put("NOTEBAY_GPU_MILLI", Integer.toString(milli));
    variables.put(
        "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE", Integer.toString(Math.max(1, milli / PERCENT)));
    // Else TensorFlow takes all memory that is free at its start.
    variables.put("TF_FORCE_GPU_ALLOW_GROWTH", "true");
    request.assignment().memory().ifPresent(memory -> put(memory, variables));
    return variables;
  }

  private static void put(MemoryShare memory, Map<String, String> variables) {
    variables.put("NOTEBAY_GPU_MEMORY_BYTES", Long.toString(memory.bytes()));
    variables.put("CUDA_MPS_PINNED_DEVICE_MEM_LIMIT", "0=" + memory.bytes() / MEBIBYTE + "M");
    // By its older name, which every JAX knows.
    variables.put(
        "XLA_PYTHON_CLIENT_MEM_FRACTION",
        String.format(Locale.ROOT, "%.3f", (double) memory.bytes() / memory.ofBytes()));
  }
}
