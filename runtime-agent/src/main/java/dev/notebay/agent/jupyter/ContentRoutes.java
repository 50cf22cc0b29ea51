package dev.notebay.agent.jupyter;

import dev.notebay.agent.core.content.ContentException;
import dev.notebay.agent.core.content.ContentPath;
import dev.notebay.agent.core.content.ContentStore;
import dev.notebay.agent.core.content.ContentStore.Entry;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** {@code /api/contents}: the session's files. */
final class ContentRoutes {
  private static final int LARGEST_FILE = ByteBudget.LARGEST;

  /** Text is decoded and encoded, which takes more memory than other things do. */
  private static final int LARGEST_TEXT = LARGEST_FILE * 2 / 3;

  /** Members of a body besides its content; each is short. */
  private static final Set<String> MEMBERS = Set.of("type", "format", "chunk");

  private static final int LONGEST_MEMBER = 1000;
  private static final int BASE64_LINE = 76;
  private static final int MOST_UNTITLED = 10_000;
  private static final String CHECKPOINT = "checkpoint";
  private static final Map<String, String> MIME_TYPES =
      Map.ofEntries(
          Map.entry("py", "text/x-python"),
          Map.entry("txt", "text/plain"),
          Map.entry("md", "text/markdown"),
          Map.entry("csv", "text/csv"),
          Map.entry("html", "text/html"),
          Map.entry("css", "text/css"),
          Map.entry("js", "text/javascript"),
          Map.entry("json", "application/json"),
          Map.entry("pdf", "application/pdf"),
          Map.entry("zip", "application/zip"),
          Map.entry("png", "image/png"),
          Map.entry("jpg", "image/jpeg"),
          Map.entry("jpeg", "image/jpeg"),
          Map.entry("gif", "image/gif"),
          Map.entry("svg", "image/svg+xml"));

  private final ContentStore files;

  ContentRoutes(ContentStore files) {
    this.files = files;
  }

  Reply contents(Request request, List<String> rest) {
    int checkpoints = rest.lastIndexOf("checkpoints");
    boolean inCheckpoints = checkpoints > 0 && checkpoints >= rest.size() - 2;
    if (inCheckpoints) {
      return checkpoints(
          request,
          ContentPath.parse(String.join("/", rest.subList(0, checkpoints))),
          rest.subList(checkpoints + 1, rest.size()));
    }
    if (rest.size() > 1 && rest.getLast().equals("trust") && request.method().equals("POST")) {
      return Reply.noContent();
    }
    ContentPath path = ContentPath.parse(String.join("/", rest));
    return switch (request.method()) {
      case "GET" -> get(request, path);
      case "PUT" -> put(request, path);
      case "POST" -> post(request, request.json(), path);
      case "PATCH" -> rename(request.json(), path);
      case "DELETE" -> {
        files.delete(path);
        yield Reply.noContent();
      }
      default -> throw KernelRoutes.methodNotAllowed();
    };
  }

  private Reply get(Request request, ContentPath path) {
    Entry entry = files.stat(path);
    Optional<String> type = request.parameter("type");
    Optional<String> format = request.parameter("format");
    boolean content = flag(request, "content", true);
    type.filter(wanted -> !List.of("directory", "file", "notebook").contains(wanted))
        .ifPresent(
            wanted -> {
              throw new Refusal(400, "Type '" + wanted + "' is invalid", "bad type");
            });
    format
        .filter(wanted -> !List.of("text", "base64", "json").contains(wanted))
        .ifPresent(
            wanted -> {
              throw new Refusal(400, "Format '" + wanted + "' is invalid", "bad format");
            });
    if (entry.directory()) {
      if (type.isPresent() && !type.get().equals("directory")) {
        throw new Refusal(400, path + " is a directory, not a " + type.get(), "bad type");
      }
      JsonObject model = model(entry, path, "directory");
      if (content) {
        var children = new JsonArray();
        for (Entry child : files.list(path)) {
          children.add(model(child, path.child(child.name()), typeOf(child)));
        }
        model.put("format", "json").put("content", children);
      }
      return Reply.json(model);
    }
    String as = type.orElse(typeOf(entry));
    if (as.equals("directory")) {
      throw new Refusal(400, path + " is not a directory", "bad type");
    }
    JsonObject model = model(entry, path, as);
    boolean hash = flag(request, "hash", false);
    if (!content && !hash) {
      return Reply.json(model);
    }
    boolean text = content && as.equals("file") && !format.equals(Optional.of("base64"));
    byte[] bytes = read(request, path, LARGEST_FILE);
    if (hash) {
      model.put("hash", sha256(bytes)).put("hash_algorithm", "sha256");
    }
    if (!content) {
      return Reply.json(model);
    }
    if (as.equals("notebook")) {
      Notebooks.check(bytes);
      return withContent(model.put("format", "json"), Buffer.buffer(bytes));
    }
    if (text && bytes.length > LARGEST_TEXT && format.isPresent()) {
      throw new ContentException.TooLarge(path.toString(), LARGEST_TEXT);
    }
    return file(model, path, bytes, format);
  }

  /** Reads a file for which there is memory. */
  private byte[] read(Request request, ContentPath path, int limit) {
    request.willNeed(2 * Math.min(limit, files.stat(path).size()));
    return files.read(path, limit);
  }

  private static Reply file(
      JsonObject model, ContentPath path, byte[] bytes, Optional<String> format) {
    Optional<String> text =
        format.equals(Optional.of("base64")) || bytes.length > LARGEST_TEXT
            ? Optional.empty()
            : utf8(bytes);
    if (text.isEmpty() && format.isPresent() && !format.get().equals("base64")) {
      throw new Refusal(400, path + " is not UTF-8 encoded", "bad format");
    }
    String guessed = mimeType(path.name());
    if (text.isPresent()) {
      model.put("format", "text").put("mimetype", guessed.isEmpty() ? "text/plain" : guessed);
      return withContent(model, Json.encodeToBuffer(text.get()));
    }
    model
        .put("format", "base64")
        .put("mimetype", guessed.isEmpty() ? "application/octet-stream" : guessed);
    // Escaped by hand, line by line: of large content there must not be many copies.
    byte[] lines = Base64.getMimeEncoder(BASE64_LINE, new byte[] {'\n'}).encode(bytes);
    var json = Buffer.buffer(lines.length + lines.length / BASE64_LINE + 10).appendString("\"");
    for (int from = 0; from < lines.length; from += BASE64_LINE + 1) {
      json.appendBytes(lines, from, Math.min(BASE64_LINE, lines.length - from));
      json.appendString("\\n");
    }
    return withContent(model, json.appendString("\""));
  }

  /** The model with its content put in as it is, which may be large. */
  private static Reply withContent(JsonObject model, Buffer json) {
    model.remove("content");
    Buffer head = model.toBuffer();
    Buffer body =
        Buffer.buffer(head.length() + json.length() + 20)
            .appendBuffer(head.slice(0, head.length() - 1))
            .appendString(",\"content\":")
            .appendBuffer(json)
            .appendString("}");
    return new Reply(200, Map.of("Content-Type", "application/json"), body);
  }

  private Reply put(Request request, ContentPath path) {
    JsonObject body = withoutContent(request);
    String type = Request.text(body, "type").orElse("file");
    boolean fresh = find(path).isEmpty();
    switch (type) {
      case "directory" -> {
        if (fresh) {
          files.makeDirectory(path);
        } else if (!files.stat(path).directory()) {
          throw new Refusal(400, path + " is not a directory", "bad type");
        }
      }
      case "notebook" -> {
        byte[] notebook = MessageJson.members(request.bytes()).get("content");
        if (notebook == null) {
          throw new Refusal(400, "No file content provided", "Bad Request");
        }
        Notebooks.check(notebook);
        files.write(path, Notebooks.format(notebook));
      }
      case "file" -> {
        byte[] bytes = decode(request, body);
        int chunk = body.getValue("chunk") instanceof Number number ? number.intValue() : 0;
        if (chunk > 1 || chunk == -1) {
          files.append(path, bytes);
        } else {
          files.write(path, bytes);
        }
      }
      default -> throw new Refusal(400, "Unhandled contents type: " + type, "Bad Request");
    }
    return saved(path, fresh);
  }

  private Reply saved(ContentPath path, boolean fresh) {
    Entry entry = files.stat(path);
    JsonObject model = model(entry, path, typeOf(entry));
    return fresh ? Reply.created("/api/contents/" + encode(path), model) : Reply.json(model);
  }

  /** The body without its content, which is not parsed into objects: it may be large. */
  private static JsonObject withoutContent(Request request) {
    var small = new JsonObject();
    MessageJson.members(request.bytes())
        .forEach(
            (name, value) -> {
              if (MEMBERS.contains(name)) {
                if (value.length > LONGEST_MEMBER) {
                  throw Refusal.badRequest(name, "…", "at most " + LONGEST_MEMBER + " bytes");
                }
                small.put(name, Json.decodeValue(Buffer.buffer(value)));
              }
            });
    return small;
  }

  private static byte[] decode(Request request, JsonObject body) {
    byte[] raw = request.bytes();
    String format =
        Request.text(body, "format")
            .orElseThrow(() -> new Refusal(400, "Must specify 'text' or 'base64'", "Bad Request"));
    String content =
        MessageJson.text(raw, "content")
            .orElseThrow(() -> new Refusal(400, "No file content provided", "Bad Request"));
    return switch (format) {
      case "text" -> Parts.utf8(content);
      case "base64" -> {
        try {
          yield Base64.getMimeDecoder().decode(content);
        } catch (IllegalArgumentException malformed) {
          throw new Refusal(400, "content is not base64", "Bad Request");
        }
      }
      default -> throw new Refusal(400, "Must specify 'text' or 'base64'", "Bad Request");
    };
  }

  private Reply post(Request request, JsonObject body, ContentPath directory) {
    if (!files.stat(directory).directory()) {
      throw new Refusal(400, directory + " is not a directory", "bad type");
    }
    Optional<String> source = Request.text(body, "copy_from");
    if (source.isPresent()) {
      ContentPath from = ContentPath.parse(source.get());
      byte[] bytes = read(request, from, LARGEST_FILE);
      ContentPath to = free(directory, stem(from.name()) + "-Copy", extension(from.name()), 1);
      files.write(to, bytes);
      return saved(to, true);
    }
    String type = Request.text(body, "type").orElse("file");
    String ext = Request.text(body, "ext").orElse("");
    return switch (type) {
      case "directory" -> {
        ContentPath made = free(directory, "Untitled Folder", "", 0);
        files.makeDirectory(made);
        yield saved(made, true);
      }
      case "notebook" -> {
        ContentPath made = free(directory, "Untitled", ".ipynb", 0);
        files.write(made, Notebooks.EMPTY);
        yield saved(made, true);
      }
      case "file" -> {
        ContentPath made = free(directory, "untitled", ext, 0);
        files.write(made, new byte[0]);
        yield saved(made, true);
      }
      default -> throw new Refusal(400, "Unhandled contents type: " + type, "Bad Request");
    };
  }

  private ContentPath free(ContentPath directory, String stem, String extension, int first) {
    for (int number = first; number < MOST_UNTITLED; number++) {
      String name = stem + (number == 0 ? "" : String.valueOf(number)) + extension;
      ContentPath candidate = ContentPath.parse(directory + "/" + name);
      if (find(candidate).isEmpty()) {
        return candidate;
      }
    }
    throw new ContentException.Exists(directory + "/" + stem + extension);
  }

  private Reply rename(JsonObject body, ContentPath path) {
    ContentPath to =
        ContentPath.parse(
            Request.text(body, "path")
                .orElseThrow(() -> Refusal.badRequest("path", null, "a path")));
    if (!to.equals(path)) {
      files.rename(path, to);
    }
    return saved(to, false);
  }

  private Reply checkpoints(Request request, ContentPath path, List<String> id) {
    if (!id.isEmpty() && !id.getFirst().equals(CHECKPOINT)) {
      throw new Refusal(404, "Checkpoint does not exist: " + id.getFirst(), "Not Found");
    }
    Entry entry = files.stat(path);
    if (entry.directory()) {
      throw new Refusal(400, path + " is a directory, not a file", "bad type");
    }
    ContentPath directory = path.parent().child(".ipynb_checkpoints");
    ContentPath checkpoint =
        directory.child(stem(path.name()) + "-checkpoint" + extension(path.name()));
    String route = request.method() + (id.isEmpty() ? "" : " id");
    return switch (route) {
      case "GET" -> {
        var all = new JsonArray();
        find(checkpoint).ifPresent(found -> all.add(checkpoint(found)));
        yield Reply.json(all);
      }
      case "POST" -> {
        if (find(directory).isEmpty()) {
          files.makeDirectory(directory);
        }
        files.write(checkpoint, read(request, path, LARGEST_FILE));
        yield Reply.created(
            "/api/contents/" + encode(path) + "/checkpoints/" + CHECKPOINT,
            checkpoint(files.stat(checkpoint)));
      }
      case "POST id" -> {
        files.write(path, read(request, checkpoint, LARGEST_FILE));
        yield Reply.noContent();
      }
      case "DELETE id" -> {
        files.delete(checkpoint);
        yield Reply.noContent();
      }
      default -> throw KernelRoutes.methodNotAllowed();
    };
  }

  private static JsonObject checkpoint(Entry entry) {
    return new JsonObject()
        .put("id", CHECKPOINT)
        .put("last_modified", Timestamps.format(entry.modified()));
  }

  private Optional<Entry> find(ContentPath path) {
    try {
      return Optional.of(files.stat(path));
    } catch (ContentException.NotFound nothing) {
      return Optional.empty();
    }
  }

  private static JsonObject model(Entry entry, ContentPath path, String type) {
    var model = new JsonObject();
    if (entry.directory()) {
      model.putNull("size");
    } else {
      model.put("size", entry.size());
    }
    return model
        .put("name", path.name())
        .put("path", path.toString())
        .put("last_modified", Timestamps.format(entry.modified()))
        .put("created", Timestamps.format(entry.created()))
        .putNull("content")
        .putNull("format")
        .putNull("mimetype")
        .put("writable", entry.writable())
        .put("type", type)
        .putNull("hash")
        .putNull("hash_algorithm");
  }

  private static String typeOf(Entry entry) {
    if (entry.directory()) {
      return "directory";
    }
    return entry.name().endsWith(".ipynb") ? "notebook" : "file";
  }

  private static boolean flag(Request request, String name, boolean otherwise) {
    return request
        .parameter(name)
        .map(
            value ->
                switch (value) {
                  case "0" -> false;
                  case "1" -> true;
                  default -> throw Refusal.badRequest(name, value, "0 or 1");
                })
        .orElse(otherwise);
  }

  private static Optional<String> utf8(byte[] bytes) {
    try {
      return Optional.of(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException binary) {
      return Optional.empty();
    }
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of()
          .formatHex(java.security.MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (java.security.NoSuchAlgorithmException missing) {
      throw new IllegalStateException("every Java platform has SHA-256", missing);
    }
  }

  private static String mimeType(String name) {
    String extension = extension(name);
    return extension.isEmpty()
        ? ""
        : MIME_TYPES.getOrDefault(extension.substring(1).toLowerCase(Locale.ROOT), "");
  }

  private static String extension(String name) {
    int dot = name.lastIndexOf('.');
    return dot <= 0 ? "" : name.substring(dot);
  }

  private static String stem(String name) {
    return name.substring(0, name.length() - extension(name).length());
  }

  private static String encode(ContentPath path) {
    return path.names().stream()
        .map(name -> java.net.URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20"))
        .reduce((one, other) -> one + "/" + other)
        .orElse("");
  }
}
