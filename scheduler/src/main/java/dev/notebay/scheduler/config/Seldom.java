package dev.notebay.scheduler.config;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Consumer;

/** Passes on at most one of what comes within an interval. For one thread. */
final class Seldom<T> implements Consumer<T> {
  private final InstantSource clock;
  private final Duration interval;
  private final Consumer<T> listener;
  private Instant next = Instant.MIN;

  Seldom(InstantSource clock, Duration interval, Consumer<T> listener) {
    this.clock = clock;
    this.interval = interval;
    this.listener = listener;
  }

  @Override
  public void accept(T value) {
    Instant now = clock.instant();
    if (!now.isBefore(next)) {
      next = now.plus(interval);
      listener.accept(value);
    }
  }
}
