package dev.notebay.scheduler.core.session;

import java.time.Duration;

/**
 * When a session is cut.
 *
 * @param idleTimeout how long nothing may be active
 * @param maximumLifetime how long it may run at all, from its start
 * @param warning how long before a cut its clients are warned; less than {@code idleTimeout}
 */
public record Policy(Duration idleTimeout, Duration maximumLifetime, Duration warning) {
  public Policy {
    requirePositive("idleTimeout", idleTimeout);
    requirePositive("maximumLifetime", maximumLifetime);
    if (warning.isNegative() || warning.compareTo(idleTimeout) >= 0) {
      throw new IllegalArgumentException(
          "warning: " + warning + " (expected: >= 0 and < idleTimeout " + idleTimeout + ")");
    }
  }

  private static void requirePositive(String field, Duration value) {
    if (!value.isPositive()) {
      throw new IllegalArgumentException(field + ": " + value + " (expected: > 0)");
    }
  }
}
