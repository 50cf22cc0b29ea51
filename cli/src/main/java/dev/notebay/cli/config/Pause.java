package dev.notebay.cli.config;

import dev.notebay.cli.terminal.CliFailure;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The pause between two looks at something outside that tells nobody when it changes. */
public final class Pause {
  private static final Duration SHORT = Duration.ofMillis(50);
  private static final CountDownLatch NEVER = new CountDownLatch(1);

  private Pause() {}

  public static void shortly() {
    of(SHORT);
  }

  public static void of(Duration length) {
    try {
      boolean happened = NEVER.await(length.toMillis(), TimeUnit.MILLISECONDS);
      if (happened) {
        throw new IllegalStateException("nobody counts this down");
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw CliFailure.interrupted("interrupted");
    }
  }
}
