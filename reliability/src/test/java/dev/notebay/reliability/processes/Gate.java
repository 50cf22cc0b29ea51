package dev.notebay.reliability.processes;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Lets threads pass, or makes them wait. Closed at first. */
final class Gate {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private boolean open;
  private boolean ended;

  void open() {
    set(true, false);
  }

  void close() {
    set(false, false);
  }

  /** Nobody shall wait here any more. */
  void end() {
    set(false, true);
  }

  private void set(boolean opened, boolean over) {
    lock.lock();
    try {
      open = opened;
      ended |= over;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until it is open.
   *
   * @return false at the end
   */
  boolean pass() throws InterruptedException {
    lock.lock();
    try {
      while (!open && !ended) {
        changed.await();
      }
      return !ended;
    } finally {
      lock.unlock();
    }
  }

  /** Waits for a while, or until the end. */
  void linger(Duration pause) throws InterruptedException {
    lock.lock();
    try {
      long left = pause.toNanos();
      while (!ended && left > 0) {
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Whether it is the end. */
  boolean isOver() {
    lock.lock();
    try {
      return ended;
    } finally {
      lock.unlock();
    }
  }

  static Duration milliseconds(int count) {
    return Duration.ofNanos(TimeUnit.MILLISECONDS.toNanos(count));
  }
}
