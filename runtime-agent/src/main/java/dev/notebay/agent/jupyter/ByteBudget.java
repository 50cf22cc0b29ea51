package dev.notebay.agent.jupyter;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * The memory that bodies and messages of all clients together may take, so that many large ones
 * wait for each other instead of ending the process. What is converted counts twice: it is there in
 * both forms.
 */
final class ByteBudget {
  /** The largest body or message: converted, it takes all there is. */
  static final int LARGEST = 24 << 20;

  private static final int TOTAL = 2 * LARGEST;

  private final Semaphore free = new Semaphore(TOTAL, true);

  /** A part of the budget; gives back what it has when it is closed, once. */
  final class Share implements AutoCloseable {
    private int held;
    private boolean closed;

    /** Takes more, or returns false when there is not enough for that long. */
    boolean grow(long bytes, Duration longest) throws InterruptedException {
      int wanted = wanted(bytes);
      if (!free.tryAcquire(wanted, longest.toMillis(), TimeUnit.MILLISECONDS)) {
        return false;
      }
      add(wanted);
      return true;
    }

    private synchronized int wanted(long bytes) {
      return (int) Math.min(bytes, TOTAL - held);
    }

    private synchronized void add(int taken) {
      if (closed) {
        free.release(taken);
      } else {
        held += taken;
      }
    }

    /** Gives back a part. */
    synchronized void shrink(long bytes) {
      int given = (int) Math.min(bytes, held);
      held -= given;
      free.release(given);
    }

    @Override
    public synchronized void close() {
      closed = true;
      free.release(held);
      held = 0;
    }
  }

  /** A share of nothing yet. */
  Share share() {
    return new Share();
  }

  /** Takes as soon as there is enough; gives up, with a share of nothing, once {@code over}. */
  Share take(long bytes, BooleanSupplier over) throws InterruptedException {
    var share = new Share();
    while (!over.getAsBoolean() && !share.grow(bytes, Duration.ofSeconds(1))) {
      // Asks now and then whether anybody still wants it.
    }
    return share;
  }

  int free() {
    return free.availablePermits();
  }
}
