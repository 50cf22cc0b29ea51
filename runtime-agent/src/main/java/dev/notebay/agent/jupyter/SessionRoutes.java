package dev.notebay.agent.jupyter;

import dev.notebay.agent.core.kernel.KernelId;
import dev.notebay.agent.core.kernel.Kernels;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * {@code /api/sessions}: which document belongs to which kernel. Jupyter's sessions are not ours;
 * these live in the agent's memory, and the kernel outlives them when the agent is restarted.
 */
final class SessionRoutes {
  private static final Duration GRACE = Duration.ofSeconds(5);
  private static final int MOST_SESSIONS = 1000;

  private record Document(String id, String path, String name, String type, KernelId kernel) {}

  private final Kernels kernels;
  private final KernelRoutes kernelRoutes;
  private final Map<String, Document> sessions = new LinkedHashMap<>();

  /** The kernel that the request being answered leaves without a document. */
  private Optional<KernelId> orphaned = Optional.empty();

  SessionRoutes(Kernels kernels, KernelRoutes kernelRoutes) {
    this.kernels = kernels;
    this.kernelRoutes = kernelRoutes;
  }

  Reply sessions(Request request, List<String> rest) {
    Optional<KernelId> orphan;
    Reply reply;
    synchronized (this) {
      orphaned = Optional.empty();
      reply = answer(request, rest);
      orphan = orphaned;
    }
    // A shutdown takes seconds, for which other requests must not wait.
    orphan.ifPresent(kernel -> kernels.shutdown(kernel, GRACE));
    return reply;
  }

  private Reply answer(Request request, List<String> rest) {
    sessions.values().removeIf(session -> kernels.find(session.kernel()).isEmpty());
    if (rest.size() > 1) {
      throw Refusal.notFound(String.join("/", rest));
    }
    if (rest.isEmpty()) {
      return switch (request.method()) {
        case "GET" -> {
          var all = new JsonArray();
          sessions.values().forEach(session -> all.add(model(session)));
          yield Reply.json(all);
        }
        case "POST" -> create(request.json());
        default -> throw KernelRoutes.methodNotAllowed();
      };
    }
    Document session = sessions.get(rest.getFirst());
    if (session == null) {
      throw new Refusal(404, "Session not found: " + rest.getFirst(), "Not Found");
    }
    return switch (request.method()) {
      case "GET" -> Reply.json(model(session));
      case "PATCH" -> change(session, request.json());
      case "DELETE" -> {
        sessions.remove(session.id());
        orphaned = Optional.of(session.kernel());
        yield Reply.noContent();
      }
      default -> throw KernelRoutes.methodNotAllowed();
    };
  }

  private Reply create(JsonObject body) {
    JsonObject notebook = object(body, "notebook");
    String path =
        Request.text(body, "path")
            .or(() -> Request.text(notebook, "path"))
            .orElseThrow(() -> Refusal.badRequest("path", null, "a path"));
    for (Document session : sessions.values()) {
      if (session.path().equals(path)) {
        return Reply.created("/api/sessions/" + session.id(), model(session));
      }
    }
    if (sessions.size() >= MOST_SESSIONS) {
      throw new Refusal(409, "too many sessions", "Conflict");
    }
    String name = Request.text(body, "name").or(() -> Request.text(notebook, "name")).orElse("");
    String type = Request.text(body, "type").orElse(body.containsKey("notebook") ? "notebook" : "");
    if (type.isEmpty()) {
      throw Refusal.badRequest("type", null, "a type, for instance notebook");
    }
    KernelId kernel = kernel(object(body, "kernel"), path);
    var session = new Document(UUID.randomUUID().toString(), path, name, type, kernel);
    sessions.put(session.id(), session);
    return Reply.created("/api/sessions/" + session.id(), model(session));
  }

  private Reply change(Document session, JsonObject body) {
    JsonObject wanted = object(body, "kernel");
    String path = Request.text(body, "path").orElse(session.path());
    KernelId kernel =
        Request.text(wanted, "id").isPresent() || Request.text(wanted, "name").isPresent()
            ? kernel(wanted, path)
            : session.kernel();
    var changed =
        new Document(
            session.id(),
            path,
            Request.text(body, "name").orElse(session.name()),
            Request.text(body, "type").orElse(session.type()),
            kernel);
    sessions.put(session.id(), changed);
    boolean orphan =
        sessions.values().stream().noneMatch(other -> other.kernel().equals(session.kernel()));
    if (orphan) {
      orphaned = Optional.of(session.kernel());
    }
    return Reply.json(model(changed));
  }

  private KernelId kernel(JsonObject wanted, String path) {
    Optional<String> id = Request.text(wanted, "id");
    if (id.isPresent()) {
      return kernelRoutes.find(KernelRoutes.id(id.get())).id();
    }
    return kernelRoutes.start(Optional.empty(), Request.text(wanted, "name"), path).id();
  }

  private static JsonObject object(JsonObject body, String key) {
    Object value = body.getValue(key);
    if (value == null) {
      return new JsonObject();
    }
    if (value instanceof JsonObject object) {
      return object;
    }
    throw Refusal.badRequest(key, value, "an object");
  }

  private JsonObject model(Document session) {
    var model =
        new JsonObject()
            .put("id", session.id())
            .put("path", session.path())
            .put("name", session.name())
            .put("type", session.type())
            .put("kernel", kernelRoutes.model(kernelRoutes.find(session.kernel())));
    if (session.type().equals("notebook")) {
      model.put(
          "notebook", new JsonObject().put("path", session.path()).put("name", session.name()));
    }
    return model;
  }
}
