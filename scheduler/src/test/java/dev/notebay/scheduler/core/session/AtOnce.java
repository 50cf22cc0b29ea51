package dev.notebay.scheduler.core.session;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Lets many callers begin at the same moment. */
final class AtOnce {
  private AtOnce() {}

  /** What each has answered, in the order given. */
  static <T> List<T> call(List<Callable<T>> callers) throws InterruptedException {
    var start = new CyclicBarrier(callers.size());
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<T>> futures = new ArrayList<>();
      for (Callable<T> caller : callers) {
        futures.add(
            executor.submit(
                () -> {
                  start.await();
                  return caller.call();
                }));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> future : futures) {
        results.add(result(future));
      }
      return results;
    }
  }

  private static <T> T result(Future<T> future) throws InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new AssertionError("a caller failed", e.getCause());
    }
  }
}
