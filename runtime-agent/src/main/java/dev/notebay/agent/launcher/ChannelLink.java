package dev.notebay.agent.launcher;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One channel's connection: what the agent tells the launcher on it. Whoever needs the lock of the
 * kernel's state too takes {@link #turn} first; nobody writes who holds that lock.
 */
final class ChannelLink implements Closeable {
  final ReentrantLock turn = new ReentrantLock();
  private final SocketChannel socket;
  private final Outlet outlet;

  ChannelLink(SocketChannel socket) {
    this.socket = socket;
    this.outlet = new Outlet(socket);
  }

  void resumeAt(long offset) throws IOException {
    write(ByteBuffer.wrap(("{\"offset\":" + offset + "}\n").getBytes(StandardCharsets.US_ASCII)));
  }

  /** False while something else is being written. */
  boolean acknowledge(long offset) throws IOException {
    if (!turn.tryLock()) {
      return false;
    }
    try {
      outlet.write(ByteBuffer.allocate(9).put((byte) 'A').putLong(offset).flip());
      return true;
    } finally {
      turn.unlock();
    }
  }

  void send(byte[] frames) throws IOException {
    write(
        ByteBuffer.allocate(5 + frames.length)
            .put((byte) 'M')
            .putInt(frames.length)
            .put(frames)
            .flip());
  }

  private void write(ByteBuffer buffer) throws IOException {
    turn.lock();
    try {
      outlet.write(buffer);
    } finally {
      turn.unlock();
    }
  }

  boolean stalled(Duration limit) {
    return outlet.stalled(limit);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
