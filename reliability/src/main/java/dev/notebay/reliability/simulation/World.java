package dev.notebay.reliability.simulation;

import java.time.Duration;
import java.time.Instant;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Virtual time and chance. Everything that happens is an event; events happen one after the other,
 * in the order of their times, and of one time in the order in which they were made, so a seed
 * tells a whole history. Time passes only between events.
 */
final class World {
  /** Virtual time began here. */
  static final Instant BEGINNING = Instant.parse("2026-01-01T00:00:00Z");

  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private final SplittableRandom random;
  private final @Nullable Consumer<String> trace;
  private long now;
  private long made;
  private long steps;
  private long hash;
  private @Nullable Running running;

  /** The coroutine that an event goes on with, and whose it is. */
  private record Running(Coroutine coroutine, Actor actor) {}

  private static final class Event implements Comparable<Event> {
    private final long time;
    private final long number;
    private final @Nullable Actor actor;
    private final int incarnation;
    private final Runnable task;

    Event(long time, long number, @Nullable Actor actor, Runnable task) {
      this.time = time;
      this.number = number;
      this.actor = actor;
      this.incarnation = actor == null ? 0 : actor.incarnation();
      this.task = task;
    }

    @Override
    public int compareTo(Event other) {
      int byTime = Long.compare(time, other.time);
      return byTime != 0 ? byTime : Long.compare(number, other.number);
    }
  }

  /**
   * @param trace told what happens, in words; null where nobody listens
   */
  World(long seed, @Nullable Consumer<String> trace) {
    this.random = new SplittableRandom(seed);
    this.trace = trace;
    this.hash = seed;
  }

  /** Nanoseconds since the beginning. */
  long now() {
    return now;
  }

  Instant time() {
    return BEGINNING.plusNanos(now);
  }

  SplittableRandom random() {
    return random;
  }

  /** Whether something of this probability happens now. */
  boolean chance(double probability) {
    return probability > 0 && random.nextDouble() < probability;
  }

  /** A duration in nanoseconds between two in milliseconds. */
  long between(long leastMillis, long mostMillis) {
    return random.nextLong(leastMillis * 1_000_000, mostMillis * 1_000_000 + 1);
  }

  /** How many events have happened. */
  long steps() {
    return steps;
  }

  /** Differs, in all likelihood, between any two histories. */
  long hash() {
    return hash;
  }

  void trace(Supplier<String> words) {
    if (trace != null) {
      trace.accept(String.format("%10.3f  %s", now / 1e9, words.get()));
    }
  }

  /** Mixes what has happened into the hash. */
  void note(long value) {
    hash = (hash ^ value) * 0x9E3779B97F4A7C15L;
    hash ^= hash >>> 32;
  }

  /** Lets something happen after {@code nanos}, whoever has crashed by then. */
  void after(long nanos, Runnable task) {
    events.add(new Event(now + nanos, made++, null, task));
  }

  /** Lets {@code actor} do something after {@code nanos}, if it has not crashed by then. */
  void after(long nanos, Actor actor, Runnable task) {
    events.add(new Event(now + nanos, made++, actor, task));
  }

  /** Begins code of {@code actor} that may wait. */
  void spawn(Actor actor, Runnable body) {
    var running = new Running(new Coroutine(body), actor);
    after(0, actor, () -> resume(running));
  }

  private void resume(Running next) {
    if (running != null) {
      throw new IllegalStateException("a coroutine in a coroutine");
    }
    running = next;
    try {
      next.coroutine().resume();
    } finally {
      running = null;
    }
  }

  /** Lets the running code wait. */
  void sleep(Duration duration) {
    sleep(duration.toNanos());
  }

  void sleep(long nanos) {
    Running waiting = waiting();
    after(nanos, waiting.actor(), () -> resume(waiting));
    Coroutine.leave();
  }

  /** Lets the running code wait until a promise is kept or broken. */
  <T> T await(Promise<T> promise) {
    if (!promise.isSettled()) {
      Running waiting = waiting();
      int incarnation = waiting.actor().incarnation();
      promise.whenSettled(
          () -> {
            if (waiting.actor().incarnation() == incarnation) {
              after(0, waiting.actor(), () -> resume(waiting));
            }
          });
      Coroutine.leave();
    }
    return promise.result();
  }

  private Running waiting() {
    Running waiting = running;
    if (waiting == null) {
      throw new IllegalStateException("only a coroutine can wait");
    }
    return waiting;
  }

  /** Lets everything happen that is due until {@code nanos} since the beginning. */
  void runUntil(long nanos) {
    for (Event next = events.peek(); next != null && next.time <= nanos; next = events.peek()) {
      events.remove();
      now = next.time;
      happen(next);
    }
    now = nanos;
  }

  private void happen(Event event) {
    Actor actor = event.actor;
    if (actor != null) {
      if (actor.incarnation() != event.incarnation) {
        return;
      }
      if (actor.stalledUntil() > now) {
        events.add(new Event(actor.stalledUntil(), made++, actor, event.task));
        return;
      }
    }
    steps++;
    note(event.time * 31 + event.number);
    event.task.run();
  }
}
