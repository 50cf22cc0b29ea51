package dev.notebay.agent.jupyter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.agent.FakeKernels;
import dev.notebay.agent.core.activity.Cause;
import dev.notebay.agent.core.activity.Notice;
import dev.notebay.agent.core.kernel.ExecutionState;
import dev.notebay.agent.core.kernel.KernelId;
import dev.notebay.agent.core.wire.Channel;
import dev.notebay.agent.core.wire.WireMessage;
import io.vertx.core.json.JsonObject;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ChannelsTest {
  @TempDir Path directory;
  private ServerFixture fixture;

  @BeforeEach
  void start() throws Exception {
    fixture = new ServerFixture(directory);
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  private static KernelId id(String text) {
    return new KernelId(UUID.fromString(text));
  }

  private void await(java.util.function.BooleanSupplier condition) {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waited too long").isLessThan(until);
      Thread.onSpinWait();
    }
  }

  @Test
  void runsCodeInTheLegacyFraming() throws Exception {
    String kernel = fixture.startKernel();
    var client = fixture.connect(kernel, "session_id=s1", null);
    client.execute("s1");
    JsonObject busy = client.nextJson();
    assertThat(busy.getString("channel")).isEqualTo("iopub");
    assertThat(busy.getString("msg_type")).isEqualTo("status");
    assertThat(busy.getString("msg_id"))
        .isEqualTo(busy.getJsonObject("header").getString("msg_id"));
    assertThat(busy.getJsonObject("parent_header").getString("msg_id")).isEqualTo("m1");
    assertThat(busy.getJsonArray("buffers")).isEmpty();
    assertThat(busy.containsKey("notebay")).isFalse();
    assertThat(client.typesUntil("execute_reply")).containsExactly("stream", "execute_reply");
    assertThat(client.nextJson().getJsonObject("content").getString("execution_state"))
        .isEqualTo("idle");
    String content = new String(fixture.kernels.sent.getFirst().content(), StandardCharsets.UTF_8);
    assertThat(content)
        .as("what the client sent reaches the kernel byte for byte")
        .isEqualTo("{\"code\":\"1 + 1\",\"big\":12345678901234567890123,\"exact\":1.0}");
  }

  @Test
  void carriesBuffersInTheLegacyFraming() throws Exception {
    String kernel = fixture.startKernel();
    var client = fixture.connect(kernel, "session_id=s1", null);
    byte[] json = FakeKernels.utf8(ServerFixture.request("execute_request", "s1"));
    byte[] one = {1, 2, 3};
    byte[] two = {};
    ByteBuffer frame = ByteBuffer.allocate(16 + json.length + 3);
    frame.putInt(3).putInt(16).putInt(16 + json.length).putInt(16 + json.length + 3);
    frame.put(json).put(one).put(two).flip();
    client.socket().sendBinary(frame, true).join();
    assertThat(client.nextJson().getString("msg_type")).isEqualTo("status");
    var answer = client.nextBinary();
    assertThat(answer.getInt(0)).isEqualTo(3);
    assertThat(answer.getBytes(answer.getInt(8), answer.getInt(12))).isEqualTo(one);
    assertThat(answer.length()).isEqualTo(answer.getInt(12));
    JsonObject message = new JsonObject(answer.getString(answer.getInt(4), answer.getInt(8)));
    assertThat(message.getString("msg_type")).isEqualTo("stream");
  }

  @Test
  void runsCodeInTheV1FramingWithBuffers() throws Exception {
    String kernel = fixture.startKernel();
    var client = fixture.connect(kernel, "session_id=s1", V1Framing.PROTOCOL);
    assertThat(client.socket().getSubprotocol()).isEqualTo(V1Framing.PROTOCOL);
    var framing = new V1Framing();
    byte[] header =
        FakeKernels.utf8("{\"msg_id\":\"m1\",\"msg_type\":\"execute_request\",\"session\":\"s1\"}");
    byte[] none = FakeKernels.utf8("{}");
    byte[] buffer = {9, 8};
    var request =
        (Framing.Frame.Binary)
            framing.encode(
                Channel.SHELL,
                new WireMessage(header, none, none, none, List.of(buffer)),
                OptionalLong.empty());
    client.socket().sendBinary(ByteBuffer.wrap(request.bytes().getBytes()), true).join();
    client.nextBinary();
    var answer = client.nextBinary();
    int count = (int) answer.getLongLE(0);
    assertThat(answer.getLongLE(8)).isEqualTo(8L * (1 + count));
    assertThat(answer.getLongLE(8 * count)).isEqualTo(answer.length());
    assertThat(part(answer, 0)).isEqualTo(FakeKernels.utf8("iopub"));
    assertThat(new String(part(answer, 1), StandardCharsets.UTF_8)).contains("\"stream\"");
    assertThat(part(answer, 2)).isEqualTo(header);
    assertThat(part(answer, 5)).isEqualTo(buffer);
  }

  private static byte[] part(io.vertx.core.buffer.Buffer frame, int index) {
    return frame.getBytes(
        (int) frame.getLongLE(8 * (index + 1)), (int) frame.getLongLE(8 * (index + 2)));
  }

  @Test
  void givesRepliesToTheAskerAndOutputToAll() throws Exception {
    String kernel = fixture.startKernel();
    var asker = fixture.connect(kernel, "session_id=s1", null);
    var other = fixture.connect(kernel, "session_id=s2", null);
    await(() -> fixture.rooms.connected() == 2);
    asker.execute("s1");
    other.execute("s2");
    await(() -> fixture.kernels.lastSequence(id(kernel)) == 8);
    fixture.kernels.say(id(kernel), Channel.IOPUB, "last", FakeKernels.utf8("{}"), "{}");
    assertThat(asker.typesUntil("last")).filteredOn("execute_reply"::equals).hasSize(1);
    assertThat(other.typesUntil("last")).filteredOn("stream"::equals).as("both streams").hasSize(2);
  }

  @Test
  void givesAClientThatComesBackWhatItMissed() throws Exception {
    String kernel = fixture.startKernel();
    var client = fixture.connect(kernel, "session_id=s1", null);
    client.execute("s1");
    client.typesUntil("execute_reply");
    client.nextJson();
    client.socket().sendClose(WebSocket.NORMAL_CLOSURE, "").join();
    await(() -> fixture.rooms.connected() == 0);
    byte[] parent = FakeKernels.utf8("{\"session\":\"s1\"}");
    fixture.kernels.say(id(kernel), Channel.IOPUB, "stream", parent, "{\"text\":\"missed\"}");
    fixture.kernels.say(id(kernel), Channel.SHELL, "execute_reply", parent, "{}");
    var again = fixture.connect(kernel, "session_id=s1", null);
    assertThat(again.nextJson().getJsonObject("content").getString("text")).isEqualTo("missed");
    assertThat(again.nextJson().getString("msg_type")).isEqualTo("execute_reply");
  }

  @Test
  void replaysFromASequenceAndNumbersWhatItSends() throws Exception {
    String kernel = fixture.startKernel();
    var client = fixture.connect(kernel, "session_id=s1", null);
    client.execute("s1");
    client.typesUntil("execute_reply");
    var stranger = fixture.connect(kernel, "session_id=elsewhere&replay_from=1", null);
    JsonObject first = stranger.nextJson();
    assertThat(first.getString("msg_type")).isEqualTo("stream");
    assertThat(first.getJsonObject("notebay").getLong("sequence")).isEqualTo(2);
    assertThat(first.getJsonObject("metadata")).isEqualTo(new JsonObject());
    var v1 = fixture.connect(kernel, "session_id=third&replay_from=3", V1Framing.PROTOCOL);
    var header = new JsonObject(new String(part(v1.nextBinary(), 1), StandardCharsets.UTF_8));
    assertThat(header.getLong("notebay_sequence")).isEqualTo(4);
    assertThat(header.getString("msg_type")).isEqualTo("status");
    JsonObject journal =
        fixture.object("GET", "/api/kernels/" + kernel + "/journal?after=1&limit=2", null);
    assertThat(journal.getJsonArray("entries")).hasSize(2);
    assertThat(journal.getLong("last_sequence")).isEqualTo(4);
    JsonObject reply = journal.getJsonArray("entries").getJsonObject(1);
    assertThat(reply.getLong("sequence")).isEqualTo(3);
    assertThat(reply.getString("channel")).isEqualTo("shell");
    assertThat(reply.getJsonObject("message").getJsonObject("header").getString("msg_type"))
        .isEqualTo("execute_reply");
    assertThat(reply.getString("time"))
        .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z");
  }

  @Test
  void keepsTheRestInTheJournalForASlowClient() throws Exception {
    String kernel = fixture.startKernel();
    var slow = fixture.connect(kernel, "session_id=s1&replay_from=0", null);
    String large = "x".repeat(200_000);
    for (int count = 0; count < 200; count++) {
      fixture.kernels.say(
          id(kernel),
          Channel.IOPUB,
          "stream",
          FakeKernels.utf8("{}"),
          "{\"text\":\"" + large + "\"}");
    }
    for (long sequence = 1; sequence <= 200; sequence++) {
      assertThat(slow.nextJson().getJsonObject("notebay").getLong("sequence")).isEqualTo(sequence);
    }
  }

  @Test
  void closesOnMalformedMessages() throws Exception {
    String kernel = fixture.startKernel();
    for (String bad :
        List.of(
            "nonsense",
            "[]",
            "{}",
            "{\"channel\":\"iopub\",\"header\":{}}",
            "{\"channel\":\"shell\",\"header\":7}",
            "{\"channel\":\"shell\",\"header\":{},\"content\":\"text\"}")) {
      var client = fixture.connect(kernel, "session_id=bad", null);
      client.text(bad);
      assertThat(client.closed.get(10, TimeUnit.SECONDS)).as(bad).isEqualTo(1007);
    }
    byte[][] frames = {{1}, {0, 0, 0, 9, 0, 0, 0, 1}, {127, 127, 127, 127, 0, 0, 0, 0}};
    for (String protocol : List.of("", V1Framing.PROTOCOL)) {
      for (byte[] bad : frames) {
        var client =
            fixture.connect(kernel, "session_id=bad", protocol.isEmpty() ? null : protocol);
        client.socket().sendBinary(ByteBuffer.wrap(bad), true).join();
        assertThat(client.closed.get(10, TimeUnit.SECONDS)).isEqualTo(1007);
      }
    }
    assertThat(fixture.kernels.sent).isEmpty();
  }

  @Test
  void tellsClientsOfTheEndThatIsNear() throws Exception {
    String kernel = fixture.startKernel();
    var client = fixture.connect(kernel, "session_id=s1", null);
    await(() -> fixture.rooms.connected() == 1);
    for (ExecutionState state : List.of(ExecutionState.RESTARTING, ExecutionState.DEAD)) {
      // What becomes of a kernel is said by its journal, once.
      fixture.kernels.become(id(kernel), state);
    }
    fixture.rooms.announce(new Notice.EndIsNear(Cause.IDLE_TIMEOUT, fixture.clock.now(), "soon"));
    JsonObject notice = client.nextJson();
    assertThat(notice.getString("msg_type")).isEqualTo("notebay_notice");
    assertThat(notice.getJsonObject("content").getString("stop_time"))
        .isEqualTo("2026-01-01T00:00:00.000000Z");
    assertThat(client.nextJson().getString("msg_type")).isEqualTo("stream");
    var late = fixture.connect(kernel, "session_id=late", null);
    assertThat(late.nextJson().getString("msg_type")).isEqualTo("notebay_notice");
    fixture.ask("DELETE", "/api/kernels/" + kernel, null);
    assertThat(client.closed.get(10, TimeUnit.SECONDS)).isEqualTo(1000);
  }

  @Test
  void countsAsUseOnlyWhatAPersonDoes() throws Exception {
    String kernel = fixture.startKernel();
    fixture.ask("GET", "/api/kernels", null);
    fixture.ask(
        "PUT",
        "/api/contents/a.txt?no_track_activity=1",
        "{\"type\":\"file\",\"format\":\"text\",\"content\":\"\"}");
    int before = fixture.requested.get();
    assertThat(before).as("only starting the kernel").isEqualTo(1);
    var quiet = fixture.connect(kernel, "session_id=q&no_track_activity=1", null);
    quiet.execute("q");
    quiet.typesUntil("execute_reply");
    var client = fixture.connect(kernel, "session_id=s1", null);
    client.text(ServerFixture.request("kernel_info_request", "s1"));
    await(() -> fixture.kernels.sent.size() == 2);
    assertThat(fixture.requested.get()).isEqualTo(before);
    client.execute("s1");
    client.typesUntil("execute_reply");
    assertThat(fixture.requested.get()).isEqualTo(before + 1);
  }

  @Test
  void givesAgainWhatWasNotConfirmedWhenTheConnectionBroke() throws Exception {
    String kernel = fixture.startKernel();
    byte[] parent = FakeKernels.utf8("{\"session\":\"s1\"}");
    try (var silent = new java.net.Socket("127.0.0.1", fixture.port)) {
      // Reads nothing, as a machine that has gone to sleep: it answers no ping.
      silent
          .getOutputStream()
          .write(
              FakeKernels.utf8(
                  """
                  GET /api/kernels/%s/channels?session_id=s1 HTTP/1.1\r
                  Host: 127.0.0.1\r
                  Authorization: token %s\r
                  Upgrade: websocket\r
                  Connection: Upgrade\r
                  Sec-WebSocket-Version: 13\r
                  Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r
                  \r
                  """
                      .formatted(kernel, ServerFixture.TOKEN)));
      await(() -> fixture.rooms.connected() == 1);
      fixture.kernels.say(id(kernel), Channel.IOPUB, "stream", parent, "{\"text\":\"lost\"}");
      var again = fixture.connect(kernel, "session_id=s1", null);
      assertThat(again.nextJson().getJsonObject("content").getString("text")).isEqualTo("lost");
    }
  }
}
