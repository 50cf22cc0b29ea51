package dev.notebay.agent.launcher;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.agent.core.journal.JournalEntry;
import dev.notebay.agent.core.kernel.AgentException;
import dev.notebay.agent.core.kernel.ExecutionState;
import dev.notebay.agent.core.kernel.KernelView;
import dev.notebay.agent.core.wire.Channel;
import dev.notebay.agent.core.wire.FrameDecoder;
import dev.notebay.agent.core.wire.KernelWire;
import dev.notebay.agent.core.wire.Signing;
import dev.notebay.agent.core.wire.WireMessage;
import dev.notebay.agent.files.AgentFiles;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
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
  private SmallDisk disk;
  private final List<SocketChannel> sockets = new ArrayList<>();

  @BeforeEach
  void open() throws IOException {
    disk = new SmallDisk(new AgentFiles(directory.resolve("agent"), 1L << 30));
    kernels =
        new LauncherKernels(
            new LauncherSettings(directory.resolve("a.sock"), "python3", OptionalLong.empty()),
            disk,
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
    return channel(kernel, channel, 0);
  }

  private SocketChannel channel(KernelView kernel, String channel, int received)
      throws IOException {
    SocketChannel socket =
        connect(
            new JsonObject()
                .put("type", "channel")
                .put("kernel", kernel.id().toString())
                .put("generation", 1)
                .put("channel", channel)
                .put("received", received)
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
        .contains("more than 24 MiB was dropped");
    assertThat(Session.json(entries.getLast().message().header()).getString("msg_id"))
        .isEqualTo("next");
  }

  private Map<Channel, SocketChannel> running(KernelView kernel) throws IOException {
    Map<Channel, SocketChannel> all = new EnumMap<>(Channel.class);
    for (Channel channel : Channel.values()) {
      all.put(channel, channel(kernel, channel.wireName()));
    }
    Session.eventually("running", () -> state(kernel) == ExecutionState.IDLE);
    return all;
  }

  private ExecutionState state(KernelView kernel) {
    return kernels.find(kernel.id()).orElseThrow().state();
  }

  private static WireMessage request(String id, int size) {
    byte[] none = "{}".getBytes(UTF_8);
    byte[] header =
        ("{\"msg_id\":\"" + id + "\",\"msg_type\":\"execute_request\"}").getBytes(UTF_8);
    return new WireMessage(header, none, none, new byte[size], List.of());
  }

  @Test
  void aRequestThatTheLauncherNeverGotIsAnsweredWhenItConnectsAgain() throws Exception {
    KernelView kernel = startKernel();
    SocketChannel shell = running(kernel).get(Channel.SHELL);
    kernels.send(kernel.id(), Channel.SHELL, request("one", 10));
    kernels.send(kernel.id(), Channel.SHELL, request("two", 10));
    assertThat(state(kernel)).isEqualTo(ExecutionState.BUSY);
    java.util.Objects.requireNonNull(shell).close();
    channel(kernel, "shell", 1);
    List<JournalEntry> entries = kernels.read(kernel.id(), 0, 10);
    assertThat(entries)
        .extracting(entry -> Session.json(entry.message().parentHeader()).getString("msg_id"))
        .containsExactly("two", "two");
    assertThat(Session.json(entries.getFirst().message().content()).getString("status"))
        .isEqualTo("aborted");
    assertThat(state(kernel)).isEqualTo(ExecutionState.BUSY);
    channel(kernel, "shell", 0);
    assertThat(state(kernel)).isEqualTo(ExecutionState.IDLE);
  }

  @Test
  void aLauncherThatReadsNothingHoldsUpOnlyTheSender() throws Exception {
    KernelView kernel = startKernel();
    SocketChannel shell = running(kernel).get(Channel.SHELL);
    AtomicReference<Throwable> failed = new AtomicReference<>();
    Thread sender =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    kernels.send(kernel.id(), Channel.SHELL, request("large", 16 << 20));
                  } catch (AgentException.KernelUnavailable e) {
                    failed.set(e);
                  }
                });
    Session.eventually("sent", () -> state(kernel) == ExecutionState.BUSY);
    assertThat(kernels.list()).hasSize(1);
    assertThat(sender.isAlive()).isTrue();
    java.util.Objects.requireNonNull(shell).close();
    sender.join();
    assertThat(failed.get()).isNotNull();
    assertThat(state(kernel)).isEqualTo(ExecutionState.IDLE);
  }

  @Test
  void aWriterSaysThatNothingIsTaken() throws Exception {
    ChannelLink link = new ChannelLink(connect("{\"type\":\"nothing\"}"));
    assertThat(link.stalled(Duration.ZERO)).isFalse();
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(directory.resolve("mute.sock")));
      SocketChannel mute =
          SocketChannel.open(UnixDomainSocketAddress.of(directory.resolve("mute.sock")));
      ChannelLink stuck = new ChannelLink(mute);
      AtomicReference<Throwable> failed = new AtomicReference<>();
      Thread writer =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      stuck.send(new byte[16 << 20]);
                    } catch (IOException e) {
                      failed.set(e);
                    }
                  });
      Session.eventually("stalled", () -> stuck.stalled(Duration.ofMillis(100)));
      assertThat(stuck.acknowledge(1)).isFalse();
      stuck.close();
      writer.join();
      assertThat(failed.get()).isInstanceOf(IOException.class);
    }
  }

  @Test
  void aSubscriberThatFailsOnceHearsTheRest() throws Exception {
    KernelView kernel = startKernel();
    SocketChannel iopub = channel(kernel, "iopub");
    List<Long> heard = new CopyOnWriteArrayList<>();
    try (var subscription =
        kernels.subscribe(
            kernel.id(),
            0,
            entry -> {
              heard.add(entry.sequence());
              if (entry.sequence() == 1) {
                throw new IllegalStateException("once");
              }
            })) {
      write(iopub, new KernelWire(new Signing(KEY)).send(message("a")));
      write(iopub, new KernelWire(new Signing(KEY)).send(message("b")));
      Session.eventually("both", () -> heard.size() == 2);
      assertThat(subscription).isNotNull();
    }
    assertThat(heard).containsExactly(1L, 2L);
  }

  @Test
  void nothingIsReadWhileTheDiskIsNearlyFull() throws Exception {
    KernelView kernel = startKernel();
    SocketChannel iopub = channel(kernel, "iopub");
    KernelWire wire = new KernelWire(new Signing(KEY));
    write(iopub, wire.send(message("a")));
    Session.eventually("one", () -> kernels.lastSequence(kernel.id()) == 1);
    disk.room = false;
    iopub.configureBlocking(false);
    ByteBuffer flood = ByteBuffer.wrap(wire.send(message("b")));
    long taken = 0;
    while (iopub.write(flood) > 0 && taken < 64 << 20) {
      taken += flood.limit();
      flood.rewind();
    }
    assertThat(taken).isLessThan(64 << 20); // the socket is full: that is what the launcher feels
    disk.room = true;
    // All but the first of the flood are replays, which count for nothing.
    Session.eventually("two", () -> kernels.lastSequence(kernel.id()) == 2);
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
