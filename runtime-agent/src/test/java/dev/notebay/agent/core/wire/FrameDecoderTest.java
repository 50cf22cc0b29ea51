package dev.notebay.agent.core.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.agent.core.wire.FrameDecoder.Decoded;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FrameDecoderTest {
  private static final int MAX = 2000;

  private static List<Decoded> decode(FrameDecoder decoder, byte[] bytes, SplittableRandom random) {
    List<Decoded> decoded = new ArrayList<>();
    int position = 0;
    while (position < bytes.length) {
      int length = Math.min(bytes.length - position, random.nextInt(1, 700));
      decoder.feed(Arrays.copyOfRange(bytes, position, position + length), length, decoded::add);
      position += length;
    }
    return decoded;
  }

  @Test
  void messagesComeOutAsTheyWentInHoweverTheStreamIsCut() {
    for (long seed = 1; seed <= 200; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      List<List<byte[]>> sent = new ArrayList<>();
      java.io.ByteArrayOutputStream stream = new java.io.ByteArrayOutputStream();
      for (int i = 0; i < 20; i++) {
        List<byte[]> message = new ArrayList<>();
        for (int parts = random.nextInt(1, 6); parts > 0; parts--) {
          byte[] part = new byte[random.nextInt(0, 400)];
          random.nextBytes(part);
          message.add(part);
        }
        sent.add(message);
        stream.writeBytes(KernelWire.frames(message));
        if (random.nextInt(4) == 0) {
          stream.writeBytes(new byte[] {4, 3, 'x', 'y', 'z'}); // a command
        }
      }
      FrameDecoder decoder = new FrameDecoder(1000, false, MAX);
      List<Decoded> decoded = decode(decoder, stream.toByteArray(), random);
      assertThat(decoded).as("seed %d", seed).hasSize(20);
      for (int i = 0; i < 20; i++) {
        assertThat(((Decoded.Message) decoded.get(i)).frames())
            .as("seed %d", seed)
            .usingRecursiveComparison()
            .isEqualTo(sent.get(i));
      }
      assertThat(decoder.offset()).isEqualTo(1000 + stream.size());
    }
  }

  @Test
  void aMessageTooLargeIsToldOnceAndTheNextOneIsWhole() {
    byte[] small = KernelWire.frames(List.of(new byte[10]));
    byte[] large = KernelWire.frames(List.of(new byte[1500], new byte[1500], new byte[9]));
    FrameDecoder decoder = new FrameDecoder(0, false, MAX);
    List<Decoded> decoded = new ArrayList<>();
    for (byte[] one : List.of(small, large, small)) {
      decoded.addAll(decode(decoder, one, new SplittableRandom(1)));
    }
    assertThat(decoded).hasSize(4);
    assertThat(decoded.get(1))
        .isEqualTo(new Decoded.TooLarge(true, true, small.length + 2 * 1509L));
    assertThat(decoded.get(2))
        .isEqualTo(new Decoded.TooLarge(false, false, small.length + (long) large.length));
    assertThat(decoded.get(3)).isInstanceOf(Decoded.Message.class);
  }

  @Test
  void goesOnInsideAMessageThatWasToldAsTooLarge() {
    byte[] large = KernelWire.frames(List.of(new byte[1500], new byte[1500], new byte[9]));
    byte[] rest = Arrays.copyOfRange(large, 2 * 1509, large.length);
    FrameDecoder decoder = new FrameDecoder(2 * 1509, true, MAX);
    List<Decoded> decoded = decode(decoder, rest, new SplittableRandom(1));
    decoded.addAll(
        decode(decoder, KernelWire.frames(List.of(new byte[3])), new SplittableRandom(1)));
    assertThat(decoded).hasSize(2);
    assertThat(decoded.getLast()).isInstanceOf(Decoded.Message.class);
  }

  @Test
  void whatIsNotZmtpIsToldOnceAndNeverHeld() {
    for (byte[] bad :
        List.of(
            new byte[] {9, 1, 1},
            new byte[] {2, -1, -1, -1, -1, -1, -1, -1, -1, 0},
            new byte[] {5, 1, 1})) {
      FrameDecoder decoder = new FrameDecoder(0, false, MAX);
      List<Decoded> decoded = new ArrayList<>();
      decoder.feed(bad, bad.length, decoded::add);
      decoder.feed(new byte[100], 100, decoded::add);
      assertThat(decoded).singleElement().isInstanceOf(Decoded.Malformed.class);
      assertThat(decoder.offset()).isEqualTo(bad.length + 100L);
    }
  }
}
