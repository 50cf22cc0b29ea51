package dev.notebay.agent.core.wire;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Cuts the byte stream of one kernel socket into ZMTP messages, wherever the pieces begin and end.
 * Commands are left out. What it holds never exceeds one message of the largest size: a larger one
 * is told as {@link Decoded.TooLarge} as soon as that is known, and dropped while it comes.
 */
public final class FrameDecoder {
  /** A single message larger than this is not carried. */
  public static final int MESSAGE_MAX = 24 * 1024 * 1024;

  private static final int FRAMES_MAX = 1024;
  private static final int MORE = 1;
  private static final int LONG = 2;
  private static final int COMMAND = 4;
  private static final int FIRST_PIECE = 64 * 1024;

  private final int messageMax;
  private final byte[] head = new byte[9];
  private int headLength;
  private byte[] body = new byte[0];
  private int bodyLength;
  private long remaining = -1;
  private boolean broken;
  private boolean dropping;
  private long offset;
  private long size;
  private List<byte[]> frames = new ArrayList<>();

  /**
   * @param offset where in its stream the first byte given to {@link #feed} is
   * @param dropping whether that is inside a message already told as too large
   */
  public FrameDecoder(long offset, boolean dropping, int messageMax) {
    this.offset = offset;
    this.dropping = dropping;
    this.messageMax = messageMax;
  }

  /** What came. */
  public sealed interface Decoded {
    /** The offset up to which the stream is dealt with. */
    long end();

    record Message(List<byte[]> frames, long end) implements Decoded {}

    /** {@code more}: further frames of it follow, each told again with {@code first} false. */
    record TooLarge(boolean first, boolean more, long end) implements Decoded {}

    /** Not ZMTP: nothing after this can be understood. */
    record Malformed(long end) implements Decoded {}
  }

  /** The offset of the next byte expected. */
  public long offset() {
    return offset;
  }

  public void feed(byte[] data, int length, Consumer<Decoded> sink) {
    int position = 0;
    while (position < length && !broken) {
      if (remaining < 0) {
        head[headLength++] = data[position++];
        offset++;
        if (headLength == headSize()) {
          begin(sink);
        }
      } else {
        int piece = (int) Math.min(remaining, length - position);
        keep(data, position, piece);
        position += piece;
        offset += piece;
        remaining -= piece;
      }
      if (remaining == 0) {
        end(sink);
      }
    }
    if (broken) {
      offset += length - position;
    }
  }

  private int headSize() {
    return (head[0] & LONG) == 0 ? 2 : 9;
  }

  private void begin(Consumer<Decoded> sink) {
    long length = 0;
    for (int i = 1; i < headLength; i++) {
      length = length << 8 | head[i] & 0xff;
    }
    int flags = head[0] & 0xff;
    boolean more = (flags & MORE) != 0;
    if (flags > 7 || length < 0 || ((flags & COMMAND) != 0 && more)) {
      broken = true;
      sink.accept(new Decoded.Malformed(offset));
      return;
    }
    remaining = length;
    size += length;
    if ((flags & COMMAND) == 0 && !dropping && (size > messageMax || frames.size() >= FRAMES_MAX)) {
      dropping = true;
      frames = new ArrayList<>();
      sink.accept(new Decoded.TooLarge(true, more, offset + length));
    } else if (dropping) {
      sink.accept(new Decoded.TooLarge(false, more, offset + length));
    }
    if (!keeping()) {
      return;
    }
    body = new byte[(int) Math.min(length, FIRST_PIECE)];
    bodyLength = 0;
  }

  private boolean keeping() {
    return !dropping && (head[0] & COMMAND) == 0;
  }

  private void keep(byte[] data, int position, int piece) {
    if (!keeping()) {
      return;
    }
    if (bodyLength + piece > body.length) {
      long wanted =
          Math.max(bodyLength + piece, Math.min(bodyLength + remaining, body.length * 2L));
      body = java.util.Arrays.copyOf(body, (int) wanted);
    }
    System.arraycopy(data, position, body, bodyLength, piece);
    bodyLength += piece;
  }

  private void end(Consumer<Decoded> sink) {
    int flags = head[0];
    if (keeping()) {
      frames.add(body);
    }
    remaining = -1;
    headLength = 0;
    body = new byte[0];
    if ((flags & MORE) != 0 || (flags & COMMAND) != 0) {
      return;
    }
    List<byte[]> message = frames;
    frames = new ArrayList<>();
    size = 0;
    if (dropping) {
      dropping = false;
    } else {
      sink.accept(new Decoded.Message(message, offset));
    }
  }
}
