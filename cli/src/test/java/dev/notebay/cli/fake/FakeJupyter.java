package dev.notebay.cli.fake;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A Jupyter server with one kernel that does what each line of its code names: {@code print TEXT},
 * {@code warn TEXT}, {@code result TEXT}, {@code image}, {@code raise}, {@code ask}, {@code drop}
 * (cuts the connection; what comes then is seen only by who connects again), {@code hang} (until
 * interrupted), {@code die}. Keeps a journal and replays it.
 */
public final class FakeJupyter implements AutoCloseable {
  private final Vertx vertx = Vertx.vertx();
  private final HttpServer server;
  private final List<String> executed = new CopyOnWriteArrayList<>();
  private final List<String> authorizations = new CopyOnWriteArrayList<>();
  private final List<JsonObject> journal = new ArrayList<>();
  private final String kernel = UUID.randomUUID().toString();
  private @Nullable ServerWebSocket socket;
  private @Nullable JsonObject hanging;
  private @Nullable JsonObject asking;
  private int count;
  private volatile boolean dead;

  public FakeJupyter() throws InterruptedException, ExecutionException, TimeoutException {
    server =
        vertx
            .createHttpServer()
            .requestHandler(this::rest)
            .webSocketHandler(this::connected)
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get(10, TimeUnit.SECONDS);
  }

  public String uri() {
    return "http://127.0.0.1:" + server.actualPort();
  }

  public List<String> executed() {
    return List.copyOf(executed);
  }

  public List<String> authorizations() {
    return List.copyOf(authorizations);
  }

  public boolean hangs() {
    return hanging != null;
  }

  private void rest(HttpServerRequest request) {
    authorizations.add(String.valueOf(request.getHeader("Authorization")));
    var answer = request.response().putHeader("Content-Type", "application/json");
    String model =
        new JsonObject()
            .put("id", kernel)
            .put("execution_state", dead ? "dead" : "busy")
            .put("reason", dead ? "killed by signal 9" : "")
            .encode();
    switch (request.method().name() + " " + String.valueOf(request.path()).replace(kernel, "ID")) {
      case "POST /api/kernels" -> answer.setStatusCode(201).end(model);
      case "GET /api/kernels/ID" -> answer.end(model);
      case "GET /api/kernels" -> answer.end(new JsonArray().add(new JsonObject(model)).encode());
      case "GET /api/kernels/ID/journal" ->
          answer.end(new JsonObject().put("last_sequence", journal.size()).encode());
      case "POST /api/kernels/ID/interrupt" -> {
        answer.setStatusCode(204).end();
        JsonObject request2 = hanging;
        hanging = null;
        if (request2 != null) {
          raise(request2, "KeyboardInterrupt", "");
        }
      }
      default -> answer.setStatusCode(404).end("{\"message\":\"no such thing\"}");
    }
  }

  private void connected(ServerWebSocket opened) {
    socket = opened;
    String query = String.valueOf(opened.query());
    opened.textMessageHandler(text -> received(new JsonObject(text)));
    if (query.contains("replay_from=")) {
      long from = Long.parseLong(query.replaceAll(".*replay_from=(\\d+).*", "$1"));
      for (int i = (int) from; i < journal.size(); i++) {
        opened.writeTextMessage(journal.get(i).encode());
      }
    }
  }

  private void received(JsonObject message) {
    switch (message.getJsonObject("header").getString("msg_type")) {
      case "kernel_info_request" ->
          say(
              message,
              "shell",
              "kernel_info_reply",
              new JsonObject().put("language_info", new JsonObject().put("name", "python")));
      case "execute_request" -> execute(message);
      case "input_reply" -> {
        JsonObject asked = asking;
        if (asked != null) {
          stream(asked, "stdout", message.getJsonObject("content").getString("value") + "\n");
          done(asked);
        }
      }
      default -> throw new IllegalArgumentException(message.encode());
    }
  }

  private void execute(JsonObject request) {
    String code = request.getJsonObject("content").getString("code");
    executed.add(code);
    count++;
    say(request, "iopub", "status", new JsonObject().put("execution_state", "busy"));
    say(request, "iopub", "execute_input", new JsonObject().put("execution_count", count));
    for (String line : code.lines().toList()) {
      String rest = line.substring(line.indexOf(' ') + 1).translateEscapes();
      switch (line.split(" ", 2)[0]) {
        case "print" -> stream(request, "stdout", rest + "\n");
        case "warn" -> stream(request, "stderr", rest + "\n");
        case "result" ->
            say(
                request,
                "iopub",
                "execute_result",
                new JsonObject()
                    .put("execution_count", count)
                    .put("metadata", new JsonObject())
                    .put("data", new JsonObject().put("text/plain", rest)));
        case "image" ->
            say(
                request,
                "iopub",
                "display_data",
                new JsonObject()
                    .put("metadata", new JsonObject())
                    .put(
                        "data",
                        new JsonObject()
                            .put("image/png", "A".repeat(4096))
                            .put("text/plain", "<Figure>")));
        case "raise" -> {
          raise(request, "ValueError", rest);
          return;
        }
        case "ask" -> {
          asking = request;
          say(
              request,
              "stdin",
              "input_request",
              new JsonObject().put("prompt", "name? ").put("password", false));
          return;
        }
        case "hang" -> {
          hanging = request;
          return;
        }
        case "die" -> {
          dead = true;
          say(request, "iopub", "status", new JsonObject().put("execution_state", "dead"));
          return;
        }
        case "drop" -> {
          ServerWebSocket cut = socket;
          socket = null;
          if (cut != null) {
            cut.close((short) 1012);
          }
        }
        default -> throw new IllegalArgumentException(line);
      }
    }
    done(request);
  }

  private void stream(JsonObject request, String name, String text) {
    say(request, "iopub", "stream", new JsonObject().put("name", name).put("text", text));
  }

  private void raise(JsonObject request, String name, String value) {
    say(
        request,
        "iopub",
        "error",
        new JsonObject()
            .put("ename", name)
            .put("evalue", value)
            .put("traceback", new JsonArray().add("\u001b[31m" + name + "\u001b[0m: " + value)));
    reply(request, "error");
  }

  private void done(JsonObject request) {
    reply(request, "ok");
  }

  private void reply(JsonObject request, String status) {
    say(
        request,
        "shell",
        "execute_reply",
        new JsonObject().put("status", status).put("execution_count", count));
    say(request, "iopub", "status", new JsonObject().put("execution_state", "idle"));
  }

  private void say(JsonObject parent, String channel, String type, JsonObject content) {
    var message =
        new JsonObject()
            .put("channel", channel)
            .put(
                "header",
                new JsonObject()
                    .put("msg_id", UUID.randomUUID().toString())
                    .put("msg_type", type)
                    .put("date", "2026-01-02T03:04:05.000006Z"))
            .put("parent_header", parent.getJsonObject("header"))
            .put("metadata", new JsonObject())
            .put("content", content)
            .put("notebay", new JsonObject().put("sequence", journal.size() + 1))
            .put("buffers", new JsonArray());
    journal.add(message);
    ServerWebSocket open = socket;
    if (open != null) {
      open.writeTextMessage(message.encode());
    }
  }

  @Override
  public void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }
}
