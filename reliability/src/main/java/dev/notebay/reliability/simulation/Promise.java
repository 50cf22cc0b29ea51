package dev.notebay.reliability.simulation;

import org.jspecify.annotations.Nullable;

/** An answer that is not there yet. Settled once; later answers are ignored. */
final class Promise<T> {
  private boolean settled;
  private @Nullable T value;
  private @Nullable RuntimeException failure;
  private @Nullable Runnable waiter;

  boolean isSettled() {
    return settled;
  }

  void keep(@Nullable T answer) {
    settle(answer, null);
  }

  void breakWith(RuntimeException reason) {
    settle(null, reason);
  }

  private void settle(@Nullable T answer, @Nullable RuntimeException reason) {
    if (settled) {
      return;
    }
    settled = true;
    value = answer;
    failure = reason;
    if (waiter != null) {
      waiter.run();
    }
  }

  /** For one waiter. */
  void whenSettled(Runnable task) {
    waiter = task;
  }

  @SuppressWarnings("NullAway") // Void calls answer null.
  T result() {
    if (failure != null) {
      throw failure;
    }
    return value;
  }
}
