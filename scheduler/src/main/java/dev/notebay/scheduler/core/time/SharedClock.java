package dev.notebay.scheduler.core.time;

import dev.notebay.scheduler.core.SchedulerException.StoreUnavailable;
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
  private final LongSupplier nanoTime;
  private final AtomicReference<@Nullable Reading> last = new AtomicReference<>();

  private record Reading(Instant time, long nanos) {}

  /**
   * @param nanoTime nanoseconds on a clock that only runs forward, as {@link System#nanoTime()}
   */
  public SharedClock(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** Reads the store's time; what is read is taken for that of the middle of the reading. */
  public void follow(Supplier<Instant> storeTime) {
    long asked = nanoTime.getAsLong();
    Instant time = storeTime.get();
    long answered = nanoTime.getAsLong();
    last.set(new Reading(time, asked + (answered - asked) / 2));
  }

  /**
   * The time now.
   *
   * @throws StoreUnavailable when the store's time has never been read: this machine's own might be
   *     hours wrong
   */
  @Override
  public Instant instant() {
    Reading reading = last.get();
    if (reading == null) {
      throw new StoreUnavailable(
          "the database's time is not known yet", new IllegalStateException("never read"));
    }
    return reading.time().plusNanos(nanoTime.getAsLong() - reading.nanos());
  }
}
