package dev.notebay.agent.launcher;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/**
 * The writing half of a connection to the sandbox, which may stop reading. One writer at a time.
 */
final class Outlet {
  private static final int PIECE = 256 * 1024;

  private final SocketChannel socket;
  private volatile boolean writing;
  private volatile long moved;

  Outlet(SocketChannel socket) {
    this.socket = socket;
  }

  void write(ByteBuffer buffer) throws IOException {
    int end = buffer.limit();
    moved = System.nanoTime();
    writing = true;
    try {
      while (buffer.position() < end) {
        buffer.limit(Math.min(end, buffer.position() + PIECE));
        socket.write(buffer);
        moved = System.nanoTime();
      }
    } finally {
      writing = false;
    }
  }

  /** Whether the other side has taken nothing for so long of what is being written. */
  boolean stalled(Duration limit) {
    return writing && System.nanoTime() - moved > limit.toNanos();
  }
}
