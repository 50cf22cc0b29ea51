package dev.notebay.scheduler.core.queue;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A waiting session in the engine, with what was last planned for it. */
final class Entry {
  /** Within one person's sessions in a queue. */
  static final Comparator<Entry> BY_RANK =
      Comparator.<Entry>comparingInt(entry -> -entry.waiting.priority())
          .thenComparingLong(entry -> entry.created)
          .thenComparing(entry -> entry.waiting.id());

  /** Only what was promised may become another. */
  Waiting waiting;

  final long created;

  /** From its placement until all that it has is free again; {@link Timeline#NEVER} if ever. */
  final long length;

  /** When it starts at the latest, in microseconds; {@link Timeline#NEVER} for no promise. */
  long startBy;

  /** What the last pass planned for it. */
  @Nullable Booking planned;

  /** Kept by {@link Horizon#targets}. */
  List<Target> targets = List.of();

  Entry(Waiting waiting, long grace) {
    this.waiting = waiting;
    this.created = Timeline.micros(waiting.created());
    this.length =
        waiting
            .maximumLifetime()
            .map(lifetime -> Timeline.later(Timeline.micros(lifetime), grace))
            .orElse(Timeline.NEVER);
    this.startBy = waiting.startBy().map(Timeline::micros).orElse(Timeline.NEVER);
  }

  boolean isHeldBack(long now) {
    return heldBackUntil().map(until -> now < until).orElse(false);
  }

  Optional<Long> heldBackUntil() {
    return waiting.heldBack().map(heldBack -> Timeline.micros(heldBack.until()));
  }

  /** Without the grace, part of which a late pass may use up. */
  long lifetime() {
    return waiting.maximumLifetime().map(Timeline::micros).orElse(Timeline.NEVER);
  }

  /** Whether the other is the same session with a promise that is known. */
  boolean isOnlyPromised(Waiting other) {
    return other.startBy().isPresent() && waiting.promised(other.startBy()).equals(other);
  }

  void unplan() {
    planned = null;
  }

  boolean isPromised() {
    return startBy != Timeline.NEVER;
  }
}
