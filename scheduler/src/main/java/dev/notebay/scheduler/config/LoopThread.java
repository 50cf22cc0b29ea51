package dev.notebay.scheduler.config;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Runs the control loop: at once when woken, and in any case after an interval. */
final class LoopThread implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(LoopThread.class.getName());
  private static final int PASSES_IN_A_ROW = 16;

  private final BooleanSupplier pass;
  private final Duration interval;
  private final Semaphore wakeUps = new Semaphore(0);
  private final Thread thread;
  private volatile boolean closed;
  private volatile long lastGoodPass = System.nanoTime();

  /**
   * @param pass one pass; says whether another may find more to do at once
   */
  LoopThread(String name, Duration interval, BooleanSupplier pass) {
    this.pass = pass;
    this.interval = interval;
    this.thread = Thread.ofPlatform().name(name).daemon().unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** Something may have to be done now. */
  void wake() {
    wakeUps.release();
  }

  /** How long ago a pass ended well; from the making of this object before the first. */
  Duration sinceLastGoodPass() {
    return Duration.ofNanos(System.nanoTime() - lastGoodPass);
  }

  private void run() {
    boolean failing = false;
    while (!closed) {
      try {
        int passes = 0;
        while (pass.getAsBoolean() && ++passes < PASSES_IN_A_ROW) {
          wakeUps.drainPermits();
        }
        if (failing) {
          LOG.log(System.Logger.Level.INFO, "loop works again name=" + thread.getName());
          failing = false;
        }
        lastGoodPass = System.nanoTime();
      } catch (RuntimeException | Error failure) {
        // The next pass sees the world anew, so a failed one needs no repair, and a loop that ended
        // would be worse than any of them. Logged once for each series.
        if (!failing) {
          LOG.log(System.Logger.Level.ERROR, "loop failed name=" + thread.getName(), failure);
          failing = true;
        }
      }
      try {
        if (wakeUps.tryAcquire(interval.toMillis(), TimeUnit.MILLISECONDS)) {
          wakeUps.drainPermits();
        }
      } catch (InterruptedException closing) {
        return;
      }
    }
  }

  /** Whether no pass is under way and none will be; true some time after {@link #close}. */
  boolean hasEnded() {
    return !thread.isAlive();
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    try {
      thread.join(Duration.ofSeconds(5));
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
