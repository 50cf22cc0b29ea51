package dev.notebay.scheduler.core.time;

import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The store's time, as one replica knows it: read now and then, and carried on in between by a
 * clock that nobody sets. So replicas agree about time to within a round trip to the store, and a
 * wall clock that is wrong or jumps cuts no session. For any number of threads.
 */
public final class SharedClock implements InstantSource {
  private final InstantSource before;
  private final LongSupplier nanoTime;
  private final AtomicReference<@Nullable Reading> last = new AtomicReference<>();

  private record Reading(Instant time, long nanos) {}

  /**
   * @param before used until the store's time has been read for the first time
   * @param nanoTime nanoseconds on a clock that only runs forward, as {@link System#nanoTime()}
   */
  public SharedClock(InstantSource before, LongSupplier nanoTime) {
    this.before = before;
    this.nanoTime = nanoTime;
  }

  /** Reads the store's time; what is read is taken for that of the middle of the reading. */
  public void follow(Supplier<Instant> storeTime) {
    long asked = nanoTime.getAsLong();
    Instant time = storeTime.get();
    long answered = nanoTime.getAsLong();
    last.set(new Reading(time, asked + (answered - asked) / 2));
  }

  @Override
  public Instant instant() {
    Reading reading = last.get();
    return reading == null
        ? before.instant()
        : reading.time().plusNanos(nanoTime.getAsLong() - reading.nanos());
  }
}
