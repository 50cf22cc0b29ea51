package dev.notebay.cli.jupyter;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One WebSocket to a kernel's channels. Messages are asked for one at a time as they are taken, so
 * that a slow reader slows the sender instead of filling memory.
 */
public final class KernelConnection implements AutoCloseable {
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration SEND = Duration.ofSeconds(30);
  private static final int IN_FLIGHT = 64;

  private final WebSocket socket;

  private KernelConnection(WebSocket socket) {
    this.socket = socket;
  }

  /**
   * Connects.
   *
   * @param number tells this connection from those before it in {@link KernelEvent.Dropped}
   * @param replayFrom the last entry of the journal that was seen, to get what came after it
   */
  public static KernelConnection open(
      JupyterServer server,
      String kernel,
      String session,
      int number,
      long replayFrom,
      Consumer<KernelEvent> events)
      throws IOException {
    String path =
        "/api/kernels/" + kernel + "/channels?session_id=" + session + "&replay_from=" + replayFrom;
    CompletableFuture<WebSocket> opening =
        server
            .client()
            .newWebSocketBuilder()
            .connectTimeout(CONNECT)
            .header("Authorization", server.authorization())
            .buildAsync(server.webSocket(path), new Listener(number, events));
    return new KernelConnection(await(opening, CONNECT));
  }

  /** Sends a message. */
  public void send(KernelMessage message) throws IOException {
    WebSocket ignored = await(socket.sendText(message.toJson(), true), SEND);
  }

  /** Says that a received message has been dealt with, so that another may come. */
  public void taken() {
    socket.request(1);
  }

  @Override
  public void close() {
    socket.abort();
  }

  private static WebSocket await(CompletableFuture<WebSocket> future, Duration limit)
      throws IOException {
    try {
      return future.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException late) {
      throw new IOException("no answer within " + limit.toSeconds() + " s", late);
    } catch (ExecutionException | CompletionException failed) {
      Throwable cause = failed.getCause();
      if (cause instanceof WebSocketHandshakeException refused) {
        throw new JupyterException(refused.getResponse().statusCode(), "WebSocket refused");
      }
      throw new IOException(cause == null ? failed.toString() : String.valueOf(cause), cause);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", interrupted);
    }
  }

  private static final class Listener implements WebSocket.Listener {
    private final int number;
    private final Consumer<KernelEvent> events;
    private final StringBuilder text = new StringBuilder();
    private ByteBuffer binary = ByteBuffer.allocate(0);

    Listener(int number, Consumer<KernelEvent> events) {
      this.number = number;
      this.events = events;
    }

    @Override
    public void onOpen(WebSocket webSocket) {
      webSocket.request(IN_FLIGHT);
    }

    @Override
    public @Nullable CompletionStage<?> onText(
        WebSocket webSocket, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        String whole = text.toString();
        text.setLength(0);
        deliver(webSocket, whole);
      } else {
        webSocket.request(1);
      }
      return null;
    }

    /**
     * A message with buffers: their number, their offsets, the JSON, then bytes not needed here.
     */
    @Override
    public @Nullable CompletionStage<?> onBinary(
        WebSocket webSocket, ByteBuffer data, boolean last) {
      ByteBuffer joined = ByteBuffer.allocate(binary.remaining() + data.remaining());
      binary = joined.put(binary).put(data).flip();
      if (!last) {
        webSocket.request(1);
        return null;
      }
      ByteBuffer whole = binary;
      binary = ByteBuffer.allocate(0);
      int parts = whole.remaining() < 8 ? 0 : whole.getInt(0);
      int from = parts < 1 ? 0 : whole.getInt(4);
      int to = parts < 2 ? whole.limit() : whole.getInt(8);
      if (parts < 1 || from < 8 || to < from || to > whole.limit()) {
        events.accept(new KernelEvent.Dropped(number, "a malformed binary message"));
        webSocket.abort();
        return null;
      }
      byte[] json = new byte[to - from];
      whole.get(from, json);
      deliver(webSocket, new String(json, StandardCharsets.UTF_8));
      return null;
    }

    private void deliver(WebSocket webSocket, String json) {
      try {
        events.accept(new KernelEvent.Received(KernelMessage.parse(json)));
      } catch (JsonProcessingException malformed) {
        events.accept(new KernelEvent.Dropped(number, "a malformed message"));
        webSocket.abort();
      }
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket webSocket, int code, String reason) {
      events.accept(new KernelEvent.Dropped(number, "closed with " + code + " " + reason));
      return null;
    }

    @Override
    public void onError(WebSocket webSocket, Throwable error) {
      events.accept(new KernelEvent.Dropped(number, String.valueOf(error.getMessage())));
    }
  }
}
