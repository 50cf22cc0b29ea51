package dev.notebay.agent.jupyter;

import dev.notebay.agent.FakeKernels;
import dev.notebay.agent.ManualClock;
import dev.notebay.agent.contents.SessionFiles;
import dev.notebay.rpc.Caller;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A server over fake kernels, and a client of it. */
final class ServerFixture implements AutoCloseable {
  static final String TOKEN = "alices-token";

  final FakeKernels kernels = new FakeKernels();
  final ManualClock clock = new ManualClock();
  final AtomicInteger requested = new AtomicInteger();
  final Path content;
  final Path volume;
  final Rooms rooms;
  final int port;
  volatile Optional<String> owner = Optional.of("alice");
  private final Vertx vertx = Vertx.vertx();
  private final JupyterServer server;
  final HttpClient http = HttpClient.newHttpClient();

  ServerFixture(Path directory) throws IOException {
    this(directory, "127.0.0.1");
  }

  ServerFixture(Path directory, String host) throws IOException {
    content = Files.createDirectory(directory.resolve("content"));
    volume = Files.createDirectory(directory.resolve("volume"));
    rooms = new Rooms(kernels, clock);
    var session =
        new SessionView() {
          @Override
          public Optional<String> owner() {
            return owner;
          }

          @Override
          public Instant lastActive() {
            return clock.now();
          }

          @Override
          public void requested() {
            requested.incrementAndGet();
          }

          @Override
          public String metrics() {
            return "up 1\n";
          }
        };
    server =
        new JupyterServer(
            vertx,
            new JupyterSettings(host, 0, "python3"),
            session,
            token ->
                switch (token) {
                  case TOKEN -> Optional.of(new Caller("alice", Set.of()));
                  case "bobs-token" -> Optional.of(new Caller("bob", Set.of(Caller.Role.ADMIN)));
                  default -> Optional.empty();
                },
            kernels,
            FakeKernels.specs(),
            new SessionFiles(
                content,
                Optional.of(new SessionFiles.Volume(Path.of("/mnt/volume"), volume)),
                new SplittableRandom(1)),
            rooms,
            new Traffic(),
            clock);
    port = server.start();
  }

  @Override
  public void close() {
    http.shutdownNow();
    server.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  HttpResponse<String> send(String method, String path, @Nullable String body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(Duration.ofSeconds(20))
            .method(
                method,
                body == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    try {
      return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException | InterruptedException failure) {
      throw new AssertionError(method + " " + path, failure);
    }
  }

  HttpResponse<String> ask(String method, String path, @Nullable String body) {
    return send(method, path, body, "Authorization", "token " + TOKEN);
  }

  JsonObject object(String method, String path, @Nullable String body) {
    HttpResponse<String> response = ask(method, path, body);
    if (response.statusCode() >= 300) {
      throw new AssertionError(response.statusCode() + " " + response.body());
    }
    return new JsonObject(response.body());
  }

  JsonArray array(String path) {
    return new JsonArray(ask("GET", path, null).body());
  }

  String startKernel() {
    return object("POST", "/api/kernels", "{}").getString("id");
  }

  Client connect(String kernel, String query, @Nullable String subprotocol) {
    return connectTo("/api/kernels/" + kernel + "/channels?" + query, subprotocol, Map.of());
  }

  Client connectTo(String path, @Nullable String subprotocol, Map<String, String> headers) {
    var client = new Client();
    WebSocket.Builder builder =
        http.newWebSocketBuilder().header("Authorization", "token " + TOKEN);
    headers.forEach(builder::header);
    if (subprotocol != null) {
      builder.subprotocols(subprotocol);
    }
    client.socket = builder.buildAsync(URI.create("ws://127.0.0.1:" + port + path), client).join();
    return client;
  }

  /** The status with which a WebSocket handshake is refused; 101 where it is not. */
  int handshake(String path, Map<String, String> headers) {
    try {
      WebSocket.Builder builder = http.newWebSocketBuilder();
      headers.forEach(builder::header);
      builder.buildAsync(URI.create("ws://127.0.0.1:" + port + path), new Client()).join().abort();
      return 101;
    } catch (java.util.concurrent.CompletionException failure) {
      if (failure.getCause() instanceof java.net.http.WebSocketHandshakeException refused) {
        return refused.getResponse().statusCode();
      }
      throw failure;
    }
  }

  /** One WebSocket. */
  static final class Client implements WebSocket.Listener {
    @Nullable WebSocket socket;
    final BlockingQueue<Framing.Frame> frames = new LinkedBlockingQueue<>();
    final CompletableFuture<Integer> closed = new CompletableFuture<>();
    private final StringBuilder text = new StringBuilder();
    private final java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();

    @Override
    public @Nullable CompletionStage<?> onText(
        WebSocket webSocket, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        frames.add(new Framing.Frame.Text(text.toString()));
        text.setLength(0);
      }
      webSocket.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onBinary(
        WebSocket webSocket, ByteBuffer data, boolean last) {
      byte[] part = new byte[data.remaining()];
      data.get(part);
      bytes.writeBytes(part);
      if (last) {
        frames.add(
            new Framing.Frame.Binary(io.vertx.core.buffer.Buffer.buffer(bytes.toByteArray())));
        bytes.reset();
      }
      webSocket.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket webSocket, int status, String reason) {
      closed.complete(status);
      return null;
    }

    @Override
    public void onError(WebSocket webSocket, Throwable error) {
      closed.completeExceptionally(error);
    }

    JsonObject nextJson() throws InterruptedException {
      Framing.Frame frame = frames.poll(10, TimeUnit.SECONDS);
      if (frame instanceof Framing.Frame.Text(String json)) {
        return new JsonObject(json);
      }
      throw new AssertionError("expected a text message, got " + frame);
    }

    io.vertx.core.buffer.Buffer nextBinary() throws InterruptedException {
      Framing.Frame frame = frames.poll(10, TimeUnit.SECONDS);
      if (frame instanceof Framing.Frame.Binary(var buffer)) {
        return buffer;
      }
      throw new AssertionError("expected a binary message, got " + frame);
    }

    /** Types of the next messages, up to and with {@code last}. */
    List<String> typesUntil(String last) throws InterruptedException {
      List<String> types = new ArrayList<>();
      do {
        types.add(nextJson().getString("msg_type"));
      } while (!types.getLast().equals(last));
      return types;
    }

    WebSocket socket() {
      return java.util.Objects.requireNonNull(socket);
    }

    void text(String message) {
      socket().sendText(message, true).join();
    }

    void execute(String session) {
      text(request("execute_request", session));
    }
  }

  static String request(String type, String session) {
    return """
        {"channel":"shell","header":{"msg_id":"m1","msg_type":"%s","session":"%s","username":"",
        "version":"5.3","date":"2026-01-01T00:00:00.000000Z"},"parent_header":{},"metadata":{},
        "content":{"code":"1 + 1","big":12345678901234567890123,"exact":1.0},"buffers":[]}
        """
        .formatted(type, session);
  }
}
