package dev.notebay.agent.launcher;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;

/** Lines from a connection, and the bytes after one. */
final class Line {
  private final ReadableByteChannel channel;
  private final int max;
  private final ByteBuffer buffer = ByteBuffer.allocate(64 * 1024).limit(0);

  Line(ReadableByteChannel channel, int max) {
    this.channel = channel;
    this.max = max;
  }

  /** The next line without its end; null at the end of the connection. */
  byte @org.jspecify.annotations.Nullable [] read() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (true) {
      while (buffer.hasRemaining()) {
        byte next = buffer.get();
        if (next == '\n') {
          return line.toByteArray();
        }
        line.write(next);
        if (line.size() > max) {
          throw new IOException("a line of more than " + max + " bytes");
        }
      }
      buffer.clear();
      int read = channel.read(buffer);
      buffer.flip();
      if (read < 0) {
        return null;
      }
    }
  }

  /** What comes next, at least one byte; -1 at the end. */
  int read(byte[] into) throws IOException {
    if (!buffer.hasRemaining()) {
      buffer.clear();
      int read = channel.read(buffer);
      buffer.flip();
      if (read < 0) {
        return -1;
      }
    }
    int length = Math.min(into.length, buffer.remaining());
    buffer.get(into, 0, length);
    return length;
  }
}
