package dev.notebay.agent.jupyter;

import io.vertx.core.Future;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalLong;

/**
 * What goes to one client, and what of it has arrived. Whoever sends more than the client takes
 * waits, so that a slow client costs the memory of a few messages and not of all: the rest stays in
 * the journal.
 *
 * <p>What was written may still be lost on the way, and nobody learns it while the connection seems
 * to live. So a ping follows what was written, and its pong says that all before it has arrived.
 * There is one ping on the way at most.
 */
final class Outbound {
  private static final int MOST_UNSENT = 256 << 10;

  /** The connection's end that is written to. */
  interface Wire {
    /** May fail at once by {@link IllegalStateException}. */
    Future<Void> write(Framing.Frame frame);

    void ping(long sequence);

    /** Something could not be written: the connection is of no use any more. */
    void broken(Throwable failure);
  }

  private final Wire wire;
  private final Deque<Long> pending = new ArrayDeque<>();
  private long unsent;
  private long written;
  private long arrived;
  private boolean pinging;
  private boolean closed;

  Outbound(Wire wire) {
    this.wire = wire;
  }

  /** The client has all up to this entry. */
  synchronized void begin(long sequence) {
    written = sequence;
    arrived = sequence;
  }

  /**
   * Sends, after waiting for room; returns false once the client is gone.
   *
   * @param sequence the entry that this is; empty for what is in no journal
   */
  boolean send(Framing.Frame frame, OptionalLong sequence) {
    return send(frame, sequence, () -> {});
  }

  /**
   * Sends, after waiting for room; returns false once the client is gone.
   *
   * @param done called after {@code true} was returned, when the frame is written or lost
   */
  boolean send(Framing.Frame frame, OptionalLong sequence, Runnable done) {
    int size = frame.size();
    synchronized (this) {
      while (!closed && unsent > 0 && unsent + size > MOST_UNSENT) {
        try {
          wait();
        } catch (InterruptedException interrupted) {
          Thread.currentThread().interrupt();
          return false;
        }
      }
      if (closed) {
        return false;
      }
      unsent += size;
      sequence.ifPresent(pending::add);
    }
    try {
      wire.write(frame)
          .onComplete(_ -> done.run())
          .onSuccess(_ -> sent(size, sequence))
          .onFailure(this::failed);
    } catch (IllegalStateException gone) {
      failed(gone);
      return false;
    }
    return true;
  }

  /** The client is not to be sent this entry. */
  synchronized void skip(long sequence) {
    if (!closed && pending.isEmpty()) {
      boolean all = arrived == written;
      written = sequence;
      arrived = all ? sequence : arrived;
    }
  }

  private void sent(int size, OptionalLong sequence) {
    long ping;
    synchronized (this) {
      unsent -= size;
      notifyAll();
      if (closed || sequence.isEmpty()) {
        return;
      }
      pending.remove(sequence.getAsLong());
      written = sequence.getAsLong();
      if (pinging) {
        return;
      }
      pinging = true;
      ping = written;
    }
    wire.ping(ping);
  }

  private void failed(Throwable failure) {
    close();
    wire.broken(failure);
  }

  /** The pong of the ping of this entry has come. */
  void pong(long sequence) {
    long ping;
    synchronized (this) {
      arrived = Math.max(arrived, Math.min(sequence, written));
      pinging = !closed && arrived < written;
      if (!pinging) {
        return;
      }
      ping = written;
    }
    wire.ping(ping);
  }

  /** The entry up to which the client has all for certain. */
  synchronized long arrived() {
    return arrived;
  }

  /** The entry up to which all has been written. */
  synchronized long written() {
    return written;
  }

  synchronized boolean isClosed() {
    return closed;
  }

  /** Lets go everybody who waits; what is not written by now never counts as written. */
  synchronized void close() {
    closed = true;
    notifyAll();
  }
}
