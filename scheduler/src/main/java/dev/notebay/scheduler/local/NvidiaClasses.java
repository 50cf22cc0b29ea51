package dev.notebay.scheduler.local;

import java.util.Locale;
import java.util.Map;

/** From what NVIDIA's driver calls a GPU to the class that people ask for. */
final class NvidiaClasses {
  private static final long GIB = 1L << 30;

  private static final Map<String, String> BY_NAME =
      Map.ofEntries(
          Map.entry("tesla t4", "nvidia-t4"),
          Map.entry("tesla p100-pcie-16gb", "nvidia-p100"),
          Map.entry("tesla v100-sxm2-16gb", "nvidia-v100-16gb"),
          Map.entry("tesla v100-sxm2-32gb", "nvidia-v100-32gb"),
          Map.entry("nvidia a10g", "nvidia-a10g"),
          Map.entry("nvidia l4", "nvidia-l4"),
          Map.entry("nvidia l40s", "nvidia-l40s"),
          Map.entry("nvidia a100-sxm4-40gb", "nvidia-a100-40gb"),
          Map.entry("nvidia a100-pcie-40gb", "nvidia-a100-40gb"),
          Map.entry("nvidia a100-sxm4-80gb", "nvidia-a100-80gb"),
          Map.entry("nvidia a100 80gb pcie", "nvidia-a100-80gb"),
          Map.entry("nvidia h100 80gb hbm3", "nvidia-h100-80gb"),
          Map.entry("nvidia h100 pcie", "nvidia-h100-80gb"),
          Map.entry("nvidia h200", "nvidia-h200"),
          Map.entry("nvidia b200", "nvidia-b200"));

  private static final Map<String, Long> MEMORY_GIB =
      Map.ofEntries(
          Map.entry("nvidia-t4", 16L),
          Map.entry("nvidia-p100", 16L),
          Map.entry("nvidia-v100-16gb", 16L),
          Map.entry("nvidia-v100-32gb", 32L),
          Map.entry("nvidia-a10g", 24L),
          Map.entry("nvidia-l4", 24L),
          Map.entry("nvidia-l40s", 48L),
          Map.entry("nvidia-a100-40gb", 40L),
          Map.entry("nvidia-a100-80gb", 80L),
          Map.entry("nvidia-h100-80gb", 80L),
          Map.entry("nvidia-h200", 141L),
          Map.entry("nvidia-b200", 180L));

  private NvidiaClasses() {}

  /**
   * The class of a GPU; one that is not in the table is named after itself, {@code "NVIDIA GeForce
   * RTX 3090"} as {@code nvidia-geforce-rtx-3090}.
   */
  static String of(String name) {
    String known = BY_NAME.get(name.strip().toLowerCase(Locale.ROOT));
    if (known != null) {
      return known;
    }
    String words =
        name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
    return words.startsWith("nvidia") ? words : "nvidia-" + words;
  }

  /** The memory that a class usually has; 0 where that is not known. */
  static long usualMemoryBytes(String type) {
    return MEMORY_GIB.getOrDefault(type, 0L) * GIB;
  }
}
