package dev.notebay.storage.files;

import dev.notebay.storage.core.volume.StorageException;
import dev.notebay.storage.core.volume.StorageException.DiskUnavailable;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Threads on which the disk may be waited for: few, and none of those that serve calls. A system
 * call holds its carrier thread, so a disk that hangs would otherwise stop every virtual thread.
 */
public final class DiskThreads implements AutoCloseable {
  private static final int QUEUED = 1000;

  private final ThreadPoolExecutor pool;
  private final Duration patience;

  /**
   * @param patience how long a caller waits for one step
   */
  public DiskThreads(int threads, Duration patience) {
    this.patience = patience;
    this.pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(QUEUED),
            Thread.ofPlatform().name("disk-", 1).daemon().factory());
    pool.allowCoreThreadTimeOut(true);
  }

  /** A step on the disk. */
  @FunctionalInterface
  interface Step<T> {
    T take() throws Errno;
  }

  /**
   * Does {@code step} and waits for it. What a step opens after nobody waits for it any more is
   * closed.
   *
   * @param path what the step is about, for messages
   */
  <T> T run(String path, Step<T> step) {
    var result = new CompletableFuture<T>();
    try {
      pool.execute(
          () -> {
            if (result.isDone()) {
              return;
            }
            try {
              T value = step.take();
              if (!result.complete(value) && value instanceof AutoCloseable late) {
                closeLate(late);
              }
            } catch (Errno failure) {
              result.completeExceptionally(Problems.of(failure, path));
            } catch (RuntimeException | Error failure) {
              result.completeExceptionally(failure);
            }
          });
      return result.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException full) {
      throw new DiskUnavailable("too many are waiting for it", full);
    } catch (TimeoutException slow) {
      result.cancel(false);
      throw new DiskUnavailable("no answer for " + patience.toSeconds() + " s", slow);
    } catch (InterruptedException interrupted) {
      result.cancel(false);
      Thread.currentThread().interrupt();
      throw new DiskUnavailable("interrupted", interrupted);
    } catch (ExecutionException failure) {
      throw rethrown(failure);
    }
  }

  /** Does {@code step} some time; nobody waits for it. */
  void later(Runnable step) {
    try {
      pool.execute(step);
    } catch (RejectedExecutionException full) {
      step.run();
    }
  }

  private static RuntimeException rethrown(ExecutionException failure) {
    return switch (failure.getCause()) {
      case StorageException known -> known;
      case Error error -> throw error;
      case null, default -> new IllegalStateException("disk step failed", failure);
    };
  }

  private static void closeLate(AutoCloseable late) {
    try {
      late.close();
    } catch (Exception failure) {
      System.getLogger(DiskThreads.class.getName())
          .log(System.Logger.Level.WARNING, "closing what came too late failed", failure);
    }
  }

  @Override
  public void close() {
    pool.shutdownNow();
  }
}
