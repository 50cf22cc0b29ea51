package dev.notebay.agent.launcher;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.ReentrantLock;

/** One channel's connection: what the agent tells the launcher on it. */
final class ChannelLink implements Closeable {
  private static final int PIECE = 256 * 1024;

  private final SocketChannel socket;
  private final ReentrantLock writing = new ReentrantLock();

  ChannelLink(SocketChannel socket) {
    this.socket = socket;
  }

  void resumeAt(long offset) throws IOException {
    write(ByteBuffer.wrap(("{\"offset\":" + offset + "}\n").getBytes(StandardCharsets.US_ASCII)));
  }

  void acknowledge(long offset) throws IOException {
    write(ByteBuffer.allocate(9).put((byte) 'A').putLong(offset).flip());
  }

  void send(byte[] frames) throws IOException {
    writing.lock();
    try {
      write(ByteBuffer.allocate(5).put((byte) 'M').putInt(frames.length).flip());
      write(ByteBuffer.wrap(frames));
    } finally {
      writing.unlock();
    }
  }

  private void write(ByteBuffer buffer) throws IOException {
    writing.lock();
    try {
      int end = buffer.limit();
      while (buffer.position() < end) {
        buffer.limit(Math.min(end, buffer.position() + PIECE));
        socket.write(buffer);
      }
    } finally {
      writing.unlock();
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
