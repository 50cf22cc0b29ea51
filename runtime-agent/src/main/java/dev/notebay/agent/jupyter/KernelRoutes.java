package dev.notebay.agent.jupyter;

import dev.notebay.agent.core.content.ContentPath;
import dev.notebay.agent.core.content.ContentStore;
import dev.notebay.agent.core.journal.JournalEntry;
import dev.notebay.agent.core.kernel.AgentException;
import dev.notebay.agent.core.kernel.KernelId;
import dev.notebay.agent.core.kernel.KernelView;
import dev.notebay.agent.core.kernel.Kernels;
import dev.notebay.agent.core.kernel.Kernelspec;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/** {@code /api/kernelspecs} and {@code /api/kernels}, without the WebSocket. */
final class KernelRoutes {
  private static final Duration GRACE = Duration.ofSeconds(5);
  private static final Pattern KERNEL_ID =
      Pattern.compile("[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}");
  private static final int JOURNAL_PAGE = 100;
  private static final int LARGEST_JOURNAL_PAGE = 1000;
  private static final int LARGEST_JOURNAL_REPLY = 8 << 20;
  private static final int JOURNAL_READ = 4 << 20;

  private final Kernels kernels;
  private final Map<String, Kernelspec> specs;
  private final String defaultSpec;
  private final Rooms rooms;
  private final ContentStore files;

  KernelRoutes(
      Kernels kernels,
      Map<String, Kernelspec> specs,
      String defaultSpec,
      Rooms rooms,
      ContentStore files) {
    this.kernels = kernels;
    this.specs = specs;
    this.defaultSpec = defaultSpec;
    this.rooms = rooms;
    this.files = files;
  }

  /** Reads a kernel's id; what is not one names no kernel. */
  static KernelId id(String text) {
    if (!KERNEL_ID.matcher(text).matches()) {
      throw new AgentException.KernelNotFound(text);
    }
    return new KernelId(UUID.fromString(text));
  }

  Reply specs(List<String> rest) {
    if (rest.isEmpty()) {
      var all = new JsonObject();
      specs.values().forEach(spec -> all.put(spec.name(), model(spec)));
      return Reply.json(new JsonObject().put("default", defaultSpec).put("kernelspecs", all));
    }
    Kernelspec spec = specs.get(rest.getFirst());
    if (spec == null || rest.size() > 1) {
      throw new AgentException.KernelspecNotFound(String.join("/", rest));
    }
    return Reply.json(model(spec));
  }

  private static JsonObject model(Kernelspec spec) {
    var env = new JsonObject();
    spec.env().forEach(env::put);
    var metadata = new JsonObject();
    spec.metadata().forEach(metadata::put);
    return new JsonObject()
        .put("name", spec.name())
        .put(
            "spec",
            new JsonObject()
                .put("argv", new JsonArray(spec.argv()))
                .put("env", env)
                .put("display_name", spec.displayName())
                .put("language", spec.language())
                .put("interrupt_mode", spec.interruptMode())
                .put("metadata", metadata))
        .put("resources", new JsonObject());
  }

  Reply kernels(Request request, List<String> rest) {
    String route = request.method() + (rest.size() > 1 ? " " + rest.get(1) : "");
    if (rest.isEmpty()) {
      return switch (request.method()) {
        case "GET" -> {
          var all = new JsonArray();
          kernels.list().forEach(view -> all.add(model(view)));
          yield Reply.json(all);
        }
        case "POST" -> create(request.json());
        default -> throw methodNotAllowed();
      };
    }
    KernelId id = id(rest.getFirst());
    if (rest.size() > 2) {
      throw Refusal.notFound(String.join("/", rest));
    }
    return switch (route) {
      case "GET" -> Reply.json(model(find(id)));
      case "DELETE" -> {
        find(id);
        kernels.shutdown(id, GRACE);
        yield Reply.noContent();
      }
      case "POST interrupt" -> {
        kernels.interrupt(id);
        yield Reply.noContent();
      }
      case "POST restart" -> Reply.json(model(kernels.restart(id)));
      case "GET journal" -> journal(id, request);
      default -> {
        boolean known =
            rest.size() == 1 || List.of("interrupt", "restart", "journal").contains(rest.get(1));
        throw known ? methodNotAllowed() : Refusal.notFound(rest.get(1));
      }
    };
  }

  static Refusal methodNotAllowed() {
    return new Refusal(405, "Method Not Allowed", "Method Not Allowed");
  }

  private Reply create(JsonObject body) {
    Optional<KernelId> wanted = Request.text(body, "kernel_id").map(KernelRoutes::idToGive);
    KernelView view =
        start(wanted, Request.text(body, "name"), Request.text(body, "path").orElse(""));
    return Reply.created("/api/kernels/" + view.id(), model(view));
  }

  private static KernelId idToGive(String text) {
    if (!KERNEL_ID.matcher(text).matches()) {
      throw Refusal.badRequest("kernel_id", text, "a UUID");
    }
    return new KernelId(UUID.fromString(text));
  }

  /** Starts a kernel in the directory of {@code path}, which names a notebook or a directory. */
  KernelView start(Optional<KernelId> wanted, Optional<String> spec, String path) {
    String name = spec.orElse(defaultSpec);
    if (wanted.isPresent() && kernels.find(wanted.get()).isPresent()) {
      throw new Refusal(409, "kernel already exists: " + wanted.get(), "Conflict");
    }
    if (!specs.containsKey(name)) {
      throw new AgentException.KernelspecNotFound(name);
    }
    return kernels.start(wanted, name, directoryOf(path));
  }

  /** The nearest directory that is there, as Jupyter Server chooses it. */
  private String directoryOf(String path) {
    ContentPath candidate;
    try {
      candidate = ContentPath.parse(path);
    } catch (RuntimeException hidden) {
      return "";
    }
    while (!candidate.isRoot()) {
      try {
        if (files.stat(candidate).directory()) {
          return candidate.toString();
        }
      } catch (dev.notebay.agent.core.content.ContentException absent) {
        // Not there yet, as an unsaved notebook is not: the directory it will be in, then.
      }
      candidate = candidate.parent();
    }
    return "";
  }

  KernelView find(KernelId id) {
    return kernels.find(id).orElseThrow(() -> new AgentException.KernelNotFound(id.toString()));
  }

  JsonObject model(KernelView view) {
    var model =
        new JsonObject()
            .put("id", view.id().toString())
            .put("name", view.name())
            .put("last_activity", Timestamps.format(view.lastActivity()))
            .put("execution_state", view.state().wireName())
            .put("connections", rooms.connected(view.id()));
    view.death().ifPresent(why -> model.put("reason", why));
    return model;
  }

  private Reply journal(KernelId id, Request request) {
    long after = request.number("after").orElse(0);
    int limit = (int) Math.min(LARGEST_JOURNAL_PAGE, request.number("limit").orElse(JOURNAL_PAGE));
    long last = kernels.lastSequence(id);
    var body = Buffer.buffer("{\"kernel_id\":\"" + id + "\",\"entries\":[");
    request.willNeed(JOURNAL_READ);
    List<JournalEntry> entries = kernels.read(id, after, limit);
    request.willNeed(
        2 * entries.stream().mapToLong(entry -> MessageJson.length(entry.message())).sum());
    boolean first = true;
    for (JournalEntry entry : entries) {
      if (!first && body.length() > LARGEST_JOURNAL_REPLY) {
        break;
      }
      body.appendString(first ? "" : ",").appendBuffer(encode(entry));
      first = false;
    }
    body.appendString("],\"last_sequence\":" + last + "}");
    return new Reply(200, Map.of("Content-Type", "application/json"), body);
  }

  private static Buffer encode(JournalEntry entry) {
    var message = entry.message();
    var buffers = new JsonArray();
    message.buffers().forEach(buffers::add);
    return Buffer.buffer()
        .appendString("{\"sequence\":" + entry.sequence())
        .appendString(",\"time\":\"" + Timestamps.format(entry.time()) + "\"")
        .appendString(",\"channel\":\"" + entry.channel().wireName() + "\"")
        .appendString(",\"message\":{\"header\":")
        .appendBytes(message.header())
        .appendString(",\"parent_header\":")
        .appendBytes(message.parentHeader())
        .appendString(",\"metadata\":")
        .appendBytes(message.metadata())
        .appendString(",\"content\":")
        .appendBytes(message.content())
        .appendString(",\"buffers\":")
        .appendBytes(buffers.encode().getBytes(StandardCharsets.UTF_8))
        .appendString("}}");
  }
}
