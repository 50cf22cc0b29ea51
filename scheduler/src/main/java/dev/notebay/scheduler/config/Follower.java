package dev.notebay.scheduler.config;

import dev.notebay.scheduler.core.request.Allowance;
import dev.notebay.scheduler.core.request.QueueRequests;
import dev.notebay.scheduler.core.request.SessionRequests;
import dev.notebay.scheduler.core.session.Session;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Follows sessions beside the control loop, in a thread of its own, if anybody wants to: a pass
 * after every change, and in any case every second.
 */
final class Follower implements AutoCloseable {
  private static final Duration INTERVAL = Duration.ofSeconds(1);

  private volatile @Nullable LoopThread thread;
  private volatile boolean leads;

  /**
   * What it can know and ask.
   *
   * @param unfinished all sessions that are not over, for any thread
   * @param leads whether this replica does
   */
  record Sources(
      SessionRequests requests,
      QueueRequests queues,
      Allowance allowance,
      Supplier<List<Session>> unfinished,
      BooleanSupplier leads,
      InstantSource clock) {}

  /** Begins to run what {@code pass} makes; once. */
  void start(String name, Function<Sources, Runnable> pass, Sources sources) {
    Runnable each = pass.apply(sources);
    var started =
        new LoopThread(
            name,
            INTERVAL,
            () -> {
              each.run();
              return false;
            });
    thread = started;
    started.start();
  }

  /** Something may have changed. */
  void wake() {
    LoopThread running = thread;
    if (running != null) {
      running.wake();
    }
  }

  /** The control loop believes so now. */
  void leads(boolean present) {
    leads = present;
  }

  boolean leads() {
    return leads;
  }

  @Override
  public void close() {
    LoopThread running = thread;
    if (running != null) {
      running.close();
    }
  }
}
