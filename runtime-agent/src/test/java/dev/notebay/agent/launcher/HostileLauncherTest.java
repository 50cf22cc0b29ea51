package dev.notebay.agent.launcher;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.agent.core.journal.JournalEntry;
import dev.notebay.agent.core.kernel.KernelView;
import dev.notebay.agent.core.wire.FrameDecoder;
import dev.notebay.agent.core.wire.KernelWire;
import dev.notebay.agent.core.wire.Signing;
import dev.notebay.agent.core.wire.WireMessage;
import dev.notebay.agent.files.AgentFiles;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What comes out of the sandbox is not believed: here the launcher itself is an attacker. */
@Timeout(60)
class HostileLauncherTest {
  private static final String KEY = "0123456789abcdef";
  @TempDir Path directory;
  private LauncherKernels kernels;
  private final List<SocketChannel> sockets = new ArrayList<>();

  @BeforeEach
  void open() throws IOException {
    kernels =
        new LauncherKernels(
            new LauncherSettings(directory.resolve("a.sock"), "python3", OptionalLong.empty()),
            new AgentFiles(directory.resolve("agent")),
            OptionalLong::empty,
            InstantSource.system(),
            () -> {});
  }

  @AfterEach
  void close() throws IOException {
    for (SocketChannel socket : sockets) {
      socket.close();
    }
    kernels.close();
  }

  private SocketChannel connect(String hello) throws IOException {
    SocketChannel socket =
        SocketChannel.open(UnixDomainSocketAddress.of(directory.resolve("a.sock")));
    sockets.add(socket);
    write(socket, (hello + "\n").getBytes(UTF_8));
    return socket;
  }

  private static void write(SocketChannel socket, byte[] bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      socket.write(buffer);
    }
  }

  private KernelView startKernel() throws IOException {
    SocketChannel control =
        connect("{\"type\":\"control\",\"protocol\":1,\"pid\":1,\"kernels\":[]}");
    KernelView kernel = kernels.start(Optional.empty(), "python3", "");
    byte[] line = java.util.Objects.requireNonNull(new Line(control, 10_000).read());
    long id = Session.json(line).getLong("id");
    write(
        control,
        (new JsonObject().put("id", id).put("ok", true).put("key", KEY).encode() + "\n")
            .getBytes(UTF_8));
    return kernel;
  }

  private SocketChannel channel(KernelView kernel, String channel) throws IOException {
    SocketChannel socket =
        connect(
            new JsonObject()
                .put("type", "channel")
                .put("kernel", kernel.id().toString())
                .put("generation", 1)
                .put("channel", channel)
                .encode());
    assertThat(new Line(socket, 1000).read()).isNotNull();
    return socket;
  }

  private static WireMessage message(String id) {
    byte[] none = "{}".getBytes(UTF_8);
    byte[] header = ("{\"msg_id\":\"" + id + "\",\"msg_type\":\"stream\"}").getBytes(UTF_8);
    return new WireMessage(
        header, none, none, "{\"name\":\"stdout\",\"text\":\"x\"}".getBytes(UTF_8), List.of());
  }

  @Test
  void aThousandForgedOrReplayedMessagesReachNobody() throws Exception {
    KernelView kernel = startKernel();
    SocketChannel iopub = channel(kernel, "iopub");
    KernelWire right = new KernelWire(new Signing(KEY));
    KernelWire wrong = new KernelWire(new Signing("another"));
    write(iopub, right.send(message("true")));
    for (int i = 0; i < 500; i++) {
      write(iopub, wrong.send(message("forged " + i)));
      write(iopub, right.send(message("true"))); // the same once more
    }
    write(iopub, new byte[] {0, 1, 'x'}); // a whole message of one frame: truncated
    write(iopub, right.send(message("last")));
    Session.eventually("all refused", () -> kernels.counters().refused() == 1001);
    Session.eventually("both", () -> kernels.lastSequence(kernel.id()) == 2);
    assertThat(kernels.read(kernel.id(), 0, 10_000))
        .extracting(entry -> Session.json(entry.message().header()).getString("msg_id"))
        .containsExactly("true", "last");
  }

  @Test
  void aMessageTooLargeIsReplacedByANoticeAndTheNextOneArrives() throws Exception {
    KernelView kernel = startKernel();
    SocketChannel iopub = channel(kernel, "iopub");
    int size = FrameDecoder.MESSAGE_MAX + 1;
    write(iopub, ByteBuffer.allocate(9).put((byte) 2).putLong(size).array());
    byte[] piece = new byte[1 << 20];
    for (int sent = 0; sent < size; sent += piece.length) {
      write(iopub, sent + piece.length <= size ? piece : new byte[size - sent]);
    }
    write(iopub, new KernelWire(new Signing(KEY)).send(message("next")));
    Session.eventually("both", () -> kernels.lastSequence(kernel.id()) == 2);
    List<JournalEntry> entries = kernels.read(kernel.id(), 0, 10);
    assertThat(Session.json(entries.getFirst().message().content()).getString("text"))
        .contains("more than 32 MiB was dropped");
    assertThat(Session.json(entries.getLast().message().header()).getString("msg_id"))
        .isEqualTo("next");
  }

  @Test
  void nonsenseOnTheSocketHurtsNobody() throws Exception {
    connect("not json");
    connect("{\"type\":\"channel\",\"kernel\":\"../..\",\"generation\":1,\"channel\":\"iopub\"}");
    connect("{\"type\":\"channel\",\"channel\":\"nonsense\"}");
    connect("{\"type\":\"control\",\"protocol\":99}");
    assertThatThrownBy(() -> connect("x".repeat(8 << 20))).isInstanceOf(IOException.class);
    connect("[".repeat(100_000));
    KernelView kernel = startKernel();
    write(channel(kernel, "iopub"), new byte[] {(byte) 0xff, 1, 2, 3, 4, 5, 6, 7, 8});
    Session.eventually("refused", () -> kernels.counters().refused() == 1);
    assertThat(kernels.list()).hasSize(1);
  }
}
