package dev.notebay.agent.core.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.agent.core.wire.FrameDecoder.Decoded;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class KernelWireTest {
  private static final Signing KEY = new Signing("0123456789abcdef");

  private static WireMessage message(String header) {
    return new WireMessage(
        header.getBytes(UTF_8),
        "{}".getBytes(UTF_8),
        "{}".getBytes(UTF_8),
        "{\"a\":1}".getBytes(UTF_8),
        List.of(new byte[] {1, 2, 3}));
  }

  private static List<byte[]> sent(WireMessage message, Signing key) {
    byte[] bytes = new KernelWire(key).send(message);
    List<Decoded> decoded = new ArrayList<>();
    new FrameDecoder(0, false, 1 << 20).feed(bytes, bytes.length, decoded::add);
    return new ArrayList<>(((Decoded.Message) decoded.getFirst()).frames());
  }

  @Test
  void aMessageArrivesAsItWasSentAlsoBehindIdentities() {
    List<byte[]> frames = sent(message("{\"msg_id\":\"1\"}"), KEY);
    frames.addFirst("stream.stdout".getBytes(UTF_8));
    KernelWire.Received received = new KernelWire(KEY).receive(frames);
    assertThat(received).isInstanceOf(KernelWire.Received.Accepted.class);
    assertThat(((KernelWire.Received.Accepted) received).message())
        .usingRecursiveComparison()
        .isEqualTo(message("{\"msg_id\":\"1\"}"));
  }

  @Test
  void theSignatureIsJupyters() {
    // hmac.new(b"0123456789abcdef", b"{}{}{}{}", hashlib.sha256).hexdigest()
    byte[] empty = "{}".getBytes(UTF_8);
    assertThat(new String(KEY.sign(new WireMessage(empty, empty, empty, empty, List.of())), UTF_8))
        .isEqualTo("2112862f3ade480377fba01bdbc4b0df433072def8ac9a19a68255ace2b9c521");
  }

  @Test
  void nothingForgedReplayedOrTruncatedIsAccepted() {
    SplittableRandom random = new SplittableRandom(7);
    KernelWire wire = new KernelWire(KEY);
    for (int i = 0; i < 1000; i++) {
      List<byte[]> frames = sent(message("{\"msg_id\":\"" + i + "\"}"), KEY);
      switch (i % 4) {
        case 0 -> { // one bit of what is signed, or of the signature
          int at = random.nextInt(1, 6);
          byte[] part = frames.get(at).clone();
          part[random.nextInt(part.length)] ^= (byte) (1 << random.nextInt(8));
          frames.set(at, part);
        }
        case 1 -> { // replayed
          assertThat(wire.receive(List.copyOf(frames)))
              .isInstanceOf(KernelWire.Received.Accepted.class);
        }
        case 2 -> frames.subList(random.nextInt(frames.size() - 1), frames.size()).clear();
        default -> frames = sent(message("{}"), new Signing("another key"));
      }
      assertThat(wire.receive(frames))
          .as("message %d", i)
          .isInstanceOf(KernelWire.Received.Refused.class);
    }
  }
}
