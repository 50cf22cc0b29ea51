package dev.notebay.agent.core.wire;

import java.util.List;

/**
 * A message of Jupyter's protocol without routing and signature. The four parts are UTF-8 JSON
 * objects, kept as the bytes that came: what is signed and journaled is what was sent.
 */
@SuppressWarnings("ArrayRecordComponent")
public record WireMessage(
    byte[] header, byte[] parentHeader, byte[] metadata, byte[] content, List<byte[]> buffers) {
  public WireMessage {
    buffers = List.copyOf(buffers);
  }
}
