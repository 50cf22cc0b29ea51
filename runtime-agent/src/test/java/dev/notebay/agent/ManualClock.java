package dev.notebay.agent;

import dev.notebay.agent.core.activity.AgentClock;
import java.time.Duration;
import java.time.Instant;

/** A clock that goes when it is told to. */
public final class ManualClock implements AgentClock {
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private Duration elapsed = Duration.ofHours(100);

  @Override
  public synchronized Instant now() {
    return now;
  }

  @Override
  public synchronized Duration elapsed() {
    return elapsed;
  }

  public synchronized void pass(Duration time) {
    now = now.plus(time);
    elapsed = elapsed.plus(time);
  }

  /** The wall clock is set; no time passes. */
  public synchronized void jump(Duration by) {
    now = now.plus(by);
  }
}
