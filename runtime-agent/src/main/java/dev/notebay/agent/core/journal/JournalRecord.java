package dev.notebay.agent.core.journal;

import dev.notebay.agent.core.wire.Channel;
import dev.notebay.agent.core.wire.WireMessage;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * One record of a journal file: {@code u32 length, u32 CRC-32C of the rest, kind, channel, flag,
 * i32 generation, i64 sequence, i64 microseconds, i64 offset, parts}.
 *
 * @param flag {@link Kind#MADE}: it is the last of what the agent says about the end of this
 *     generation. {@link Kind#MARK}, {@link Kind#NOTICE}: the stream goes on inside a message that
 *     is being dropped
 * @param generation which process of the kernel
 * @param sequence of the entry; for other kinds, of the last entry before
 * @param offset up to where this channel's stream of this process is dealt with
 */
public record JournalRecord(
    Kind kind,
    Channel channel,
    boolean flag,
    int generation,
    long sequence,
    Instant time,
    long offset,
    WireMessage message) {
  /** Length and check sum. */
  public static final int HEAD = 8;

  /** What cannot be the length of a record. */
  public static final int LENGTH_MAX = 64 * 1024 * 1024;

  private static final int FIXED = 1 + 1 + 1 + 4 + 8 + 8 + 8;
  private static final WireMessage NOTHING =
      new WireMessage(new byte[0], new byte[0], new byte[0], new byte[0], List.of());

  /** What a record says. */
  public enum Kind {
    /** The kernel sent this message. */
    RECEIVED,
    /** The agent says this in the kernel's place. */
    MADE,
    /** The agent says this in the place of a message that was too large. */
    NOTICE,
    /** The stream is dealt with up to the offset; no message. */
    MARK,
    /** A request goes to the kernel, the offset says as which message of its channel; no entry. */
    SENT,
    /** A request that is {@link #SENT} did not reach the kernel; no entry. */
    WITHDRAWN,
    /** Nothing is left to say about the end of this generation; no entry. */
    ENDED;

    /** Whether readers of the journal get it. */
    public boolean isEntry() {
      return this == RECEIVED || this == MADE || this == NOTICE;
    }
  }

  public static JournalRecord mark(
      Channel channel, boolean dropping, int generation, long sequence, Instant time, long offset) {
    return new JournalRecord(
        Kind.MARK, channel, dropping, generation, sequence, time, offset, NOTHING);
  }

  public static JournalRecord ended(int generation, Instant time) {
    return new JournalRecord(Kind.ENDED, Channel.IOPUB, true, generation, 0, time, 0, NOTHING);
  }

  public JournalEntry entry() {
    return new JournalEntry(sequence, time, channel, message);
  }

  public JournalRecord withSequence(long sequence) {
    return new JournalRecord(kind, channel, flag, generation, sequence, time, offset, message);
  }

  public int encodedLength() {
    int size = HEAD + FIXED + 4;
    for (byte[] part : parts()) {
      size += 4 + part.length;
    }
    return size;
  }

  public void encode(ByteBuffer out) {
    int start = out.position();
    out.position(start + HEAD);
    out.put((byte) kind.ordinal()).put((byte) channel.ordinal()).put((byte) (flag ? 1 : 0));
    out.putInt(generation).putLong(sequence);
    out.putLong(Math.addExact(time.getEpochSecond() * 1_000_000, time.getNano() / 1000));
    out.putLong(offset);
    List<byte[]> parts = parts();
    out.putInt(parts.size());
    for (byte[] part : parts) {
      out.putInt(part.length).put(part);
    }
    int end = out.position();
    CRC32C crc = new CRC32C();
    crc.update(out.slice(start + HEAD, end - start - HEAD));
    out.putInt(start, end - start - HEAD).putInt(start + 4, (int) crc.getValue());
  }

  /**
   * @param body what follows the head, exactly
   * @throws IllegalArgumentException for what is no record
   */
  public static JournalRecord decode(ByteBuffer body, int checkSum) {
    CRC32C crc = new CRC32C();
    crc.update(body.duplicate());
    if ((int) crc.getValue() != checkSum || body.remaining() < FIXED + 4) {
      throw new IllegalArgumentException("damaged record");
    }
    Kind kind = Kind.values()[body.get()];
    Channel channel = Channel.values()[body.get()];
    boolean flag = body.get() == 1;
    int generation = body.getInt();
    long sequence = body.getLong();
    long micros = body.getLong();
    long offset = body.getLong();
    List<byte[]> parts = new ArrayList<>();
    for (int count = body.getInt(); count > 0; count--) {
      byte[] part = new byte[body.getInt()];
      body.get(part);
      parts.add(part);
    }
    return new JournalRecord(
        kind,
        channel,
        flag,
        generation,
        sequence,
        Instant.ofEpochSecond(
            Math.floorDiv(micros, 1_000_000), Math.floorMod(micros, 1_000_000) * 1000L),
        offset,
        new WireMessage(
            parts.get(0),
            parts.get(1),
            parts.get(2),
            parts.get(3),
            parts.subList(4, parts.size())));
  }

  private List<byte[]> parts() {
    List<byte[]> parts = new ArrayList<>(4 + message.buffers().size());
    parts.add(message.header());
    parts.add(message.parentHeader());
    parts.add(message.metadata());
    parts.add(message.content());
    parts.addAll(message.buffers());
    return parts;
  }
}
