package dev.notebay.cli.jupyter;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** The REST part of a session's Jupyter Server API. */
public final class JupyterServer {
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration ANSWER = Duration.ofSeconds(45);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT).build();
  private final Supplier<String> token;
  private volatile String base;

  /**
   * @param base without a trailing slash
   */
  public JupyterServer(String base, Supplier<String> token) {
    this.base = base;
    this.token = token;
  }

  /** The server is now somewhere else. */
  public void moveTo(String newBase) {
    base = newBase;
  }

  HttpClient client() {
    return client;
  }

  String authorization() {
    return "token " + token.get();
  }

  URI webSocket(String path) {
    return URI.create(base.replaceFirst("^http", "ws") + path);
  }

  /**
   * Starts a kernel.
   *
   * @return its id
   */
  public String startKernel(String name) throws IOException {
    var body = JsonNodeFactory.instance.objectNode().put("name", name);
    return send(request("/api/kernels")
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body.toString())))
        .path("id")
        .asText();
  }

  /** The ids of the kernels that are there. */
  public List<String> kernels() throws IOException {
    List<String> ids = new ArrayList<>();
    send(request("/api/kernels").GET()).forEach(kernel -> ids.add(kernel.path("id").asText()));
    return ids;
  }

  /** A kernel's model; empty where there is no such kernel. */
  public Optional<JsonNode> kernel(String id) throws IOException {
    try {
      return Optional.of(send(request("/api/kernels/" + id).GET()));
    } catch (JupyterException refused) {
      if (refused.status() == 404) {
        return Optional.empty();
      }
      throw refused;
    }
  }

  /** The newest entry of a kernel's journal; 0 where nothing is in it. */
  public long lastSequence(String id) throws IOException {
    return send(request("/api/kernels/" + id + "/journal?limit=1").GET())
        .path("last_sequence")
        .asLong();
  }

  public void interrupt(String id) throws IOException {
    send(request("/api/kernels/" + id + "/interrupt").POST(HttpRequest.BodyPublishers.noBody()));
  }

  public void shutdown(String id) throws IOException {
    send(request("/api/kernels/" + id).DELETE());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(base + path))
        .timeout(ANSWER)
        .header("Authorization", authorization());
  }

  private JsonNode send(HttpRequest.Builder builder) throws IOException {
    HttpRequest request = builder.build();
    HttpResponse<String> answer;
    try {
      answer = client.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", interrupted);
    }
    if (answer.statusCode() >= 300) {
      throw new JupyterException(answer.statusCode(), messageOf(answer.body()));
    }
    return answer.body().isEmpty()
        ? JsonNodeFactory.instance.objectNode()
        : JSON.readTree(answer.body());
  }

  private static String messageOf(String body) {
    try {
      String message = JSON.readTree(body).path("message").asText();
      return message.isEmpty() ? body : message;
    } catch (JsonProcessingException notJson) {
      return body.strip().lines().findFirst().orElse("");
    }
  }
}
