package dev.notebay.agent.core.wire;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * Jupyter's messages with one kernel process: {@code [identities…, <IDS|MSG>, signature, header,
 * parent header, metadata, content, buffers…]} as the frames of one ZMTP message. Not for several
 * threads at once.
 */
public final class KernelWire {
  private static final byte[] DELIMITER = "<IDS|MSG>".getBytes(StandardCharsets.US_ASCII);
  private static final int REMEMBERED = 8192;
  private static final int HEADER_MAX = 256 * 1024;

  private final Signing signing;
  private final LinkedHashSet<ByteBuffer> seen = new LinkedHashSet<>();

  public KernelWire(Signing signing) {
    this.signing = signing;
  }

  /** What a kernel sent. */
  public sealed interface Received {
    record Accepted(WireMessage message) implements Received {}

    /** Forged, replayed or truncated: nothing in it may be believed. */
    record Refused(String why) implements Received {}
  }

  public Received receive(List<byte[]> frames) {
    int delimiter = 0;
    while (delimiter < frames.size() && !Arrays.equals(frames.get(delimiter), DELIMITER)) {
      delimiter++;
    }
    if (frames.size() < delimiter + 6) {
      return new Received.Refused("truncated");
    }
    byte[] signature = frames.get(delimiter + 1);
    WireMessage message =
        new WireMessage(
            frames.get(delimiter + 2),
            frames.get(delimiter + 3),
            frames.get(delimiter + 4),
            frames.get(delimiter + 5),
            frames.subList(delimiter + 6, frames.size()));
    if (message.header().length > HEADER_MAX || message.parentHeader().length > HEADER_MAX) {
      return new Received.Refused("header too large");
    }
    if (!signing.verify(message, signature)) {
      return new Received.Refused("forged");
    }
    if (!seen.add(ByteBuffer.wrap(signature, 0, 32))) {
      return new Received.Refused("replayed");
    }
    if (seen.size() > REMEMBERED) {
      seen.removeFirst();
    }
    return new Received.Accepted(message);
  }

  /** The ZMTP frames that carry it to a kernel. */
  public byte[] send(WireMessage message) {
    List<byte[]> frames = new ArrayList<>();
    frames.add(DELIMITER);
    frames.add(signing.sign(message));
    frames.add(message.header());
    frames.add(message.parentHeader());
    frames.add(message.metadata());
    frames.add(message.content());
    frames.addAll(message.buffers());
    return frames(frames);
  }

  static byte[] frames(List<byte[]> frames) {
    int size = frames.stream().mapToInt(frame -> frame.length + 9).sum();
    ByteArrayOutputStream out = new ByteArrayOutputStream(size);
    for (int i = 0; i < frames.size(); i++) {
      byte[] frame = frames.get(i);
      int more = i < frames.size() - 1 ? 1 : 0;
      if (frame.length > 255) {
        out.write(more | 2);
        out.writeBytes(ByteBuffer.allocate(8).putLong(frame.length).array());
      } else {
        out.write(more);
        out.write(frame.length);
      }
      out.writeBytes(frame);
    }
    return out.toByteArray();
  }
}
