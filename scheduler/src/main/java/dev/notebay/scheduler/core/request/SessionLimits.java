package dev.notebay.scheduler.core.request;

import java.time.Duration;

/** What may be asked for in a session at all, by whatever way it is asked for. */
public final class SessionLimits {
  /** In code points. */
  public static final int MAXIMUM_DISPLAY_NAME = 100;

  public static final long MAXIMUM_CPU_MILLI = 1_000_000;

  /** 128 MiB. */
  public static final long MINIMUM_MEMORY = 128L << 20;

  /** 16 TiB. */
  public static final long MAXIMUM_MEMORY = 1L << 44;

  /** The shortest of all times that may be asked for. */
  public static final Duration SHORTEST = Duration.ofSeconds(1);

  /** What a volume's id looks like. */
  public static final String VOLUME = "[a-z]([a-z0-9-]{0,61}[a-z0-9])?";

  /** The same for people. */
  public static final String VOLUME_EXPECTED =
      "1 to 63 of a-z, 0-9 and '-', starting with a letter, not ending with '-'";

  private SessionLimits() {}
}
