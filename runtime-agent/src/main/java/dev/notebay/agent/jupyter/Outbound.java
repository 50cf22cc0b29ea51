package dev.notebay.agent.jupyter;

import io.vertx.core.Future;
import io.vertx.core.http.ServerWebSocket;

/**
 * What goes to one client. Whoever sends more than the client takes waits, so that a slow client
 * costs the memory of a few messages and not of all: the rest stays in the journal.
 */
final class Outbound {
  private static final int MOST_UNSENT = 1 << 20;

  private final ServerWebSocket socket;
  private long unsent;
  private boolean closed;

  Outbound(ServerWebSocket socket) {
    this.socket = socket;
  }

  /** Sends, after waiting for room; returns false once the client is gone. */
  boolean send(Framing.Frame frame) {
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
    }
    Future<Void> sent =
        switch (frame) {
          case Framing.Frame.Text(String text) -> socket.writeTextMessage(text);
          case Framing.Frame.Binary(var bytes) -> socket.writeBinaryMessage(bytes);
        };
    sent.onComplete(_ -> sent(size));
    return true;
  }

  private synchronized void sent(int size) {
    unsent -= size;
    notifyAll();
  }

  /** Lets go everybody who waits. */
  synchronized void close() {
    closed = true;
    notifyAll();
  }
}
