package dev.notebay.agent.launcher;

import dev.notebay.agent.core.kernel.AgentException;
import io.vertx.core.json.JsonObject;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/** The launcher's control connection: requests and their replies, and its events. */
final class ControlLink implements Closeable {
  private static final long REPLY_SECONDS = 30;

  private final SocketChannel socket;
  private final Line lines;
  private final Outlet outlet;
  private final AtomicLong ids = new AtomicLong();
  private final Map<Long, CompletableFuture<JsonObject>> waiting = new ConcurrentHashMap<>();
  private final ReentrantLock writing = new ReentrantLock();

  ControlLink(SocketChannel socket, Line lines) {
    this.socket = socket;
    this.lines = lines;
    this.outlet = new Outlet(socket);
  }

  /** Reads until the connection ends. */
  void run(Consumer<JsonObject> events) throws IOException {
    try {
      for (byte[] line = lines.read(); line != null; line = lines.read()) {
        JsonObject message =
            Json.parse(line).orElseThrow(() -> new IOException("a line that is no JSON object"));
        if (message.containsKey("event")) {
          events.accept(message);
        } else {
          CompletableFuture<JsonObject> reply = waiting.remove(Json.whole(message, "id", -1));
          if (reply != null) {
            reply.complete(message);
          }
        }
      }
    } finally {
      close();
    }
  }

  /**
   * @throws AgentException.KernelUnavailable if the launcher refuses, is gone, or does not answer
   */
  JsonObject request(JsonObject request) {
    long id = ids.incrementAndGet();
    CompletableFuture<JsonObject> reply = new CompletableFuture<>();
    waiting.put(id, reply);
    try {
      say(request.put("id", id));
      JsonObject answer = reply.get(REPLY_SECONDS, TimeUnit.SECONDS);
      if (!Boolean.TRUE.equals(answer.getValue("ok"))) {
        throw new AgentException.KernelUnavailable(Json.text(answer, "error"));
      }
      return answer;
    } catch (IOException | ExecutionException e) {
      throw new AgentException.KernelUnavailable("the kernel launcher is not connected");
    } catch (TimeoutException e) {
      throw new AgentException.KernelUnavailable("the kernel launcher does not answer");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AgentException.KernelUnavailable("interrupted");
    } finally {
      waiting.remove(id);
    }
  }

  void acknowledge(long event) throws IOException {
    say(new JsonObject().put("op", "ack").put("event", event));
  }

  private void say(JsonObject message) throws IOException {
    ByteBuffer line = ByteBuffer.wrap((message.encode() + "\n").getBytes(StandardCharsets.UTF_8));
    writing.lock();
    try {
      outlet.write(line);
    } finally {
      writing.unlock();
    }
  }

  boolean stalled(Duration limit) {
    return outlet.stalled(limit);
  }

  @Override
  public void close() throws IOException {
    socket.close();
    waiting
        .values()
        .forEach(reply -> reply.completeExceptionally(new IOException("connection closed")));
  }
}
