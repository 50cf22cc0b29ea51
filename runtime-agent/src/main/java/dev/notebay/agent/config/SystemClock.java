package dev.notebay.agent.config;

import dev.notebay.agent.core.activity.AgentClock;
import java.time.Duration;
import java.time.Instant;

/** The machine's clocks. */
final class SystemClock implements AgentClock {
  @Override
  public Instant now() {
    return Instant.now();
  }

  @Override
  public Duration elapsed() {
    return Duration.ofNanos(System.nanoTime());
  }
}
