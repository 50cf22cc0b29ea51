package dev.notebay.scheduler.grpc;

import dev.notebay.scheduler.core.session.SessionId;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Wakes those who watch sessions. A wake-up says only "look again". */
public final class SessionFeed {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private long changes;
  private boolean closed;
  private @Nullable SessionId last;

  /** Wakes everybody for the last time: the service ends. */
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  /** Something about this session may have changed. */
  public void publish(SessionId session) {
    lock.lock();
    try {
      changes++;
      last = session;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** How many changes there have been; for {@link #await}. */
  long position() {
    lock.lock();
    try {
      return changes;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until {@code session} may have changed since {@code position}, but no longer than {@code
   * atMost}.
   *
   * @return the position to wait from next time
   */
  long await(SessionId session, long position, Duration atMost) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long nanos = atMost.toNanos();
      long seen = position;
      while (nanos > 0 && !closed) {
        if (changes > seen) {
          // With more than one change in between, ours may be among them.
          boolean mayBeOurs = changes > seen + 1 || session.equals(last);
          seen = changes;
          if (mayBeOurs) {
            return seen;
          }
        }
        nanos = changed.awaitNanos(nanos);
      }
      return seen;
    } finally {
      lock.unlock();
    }
  }
}
