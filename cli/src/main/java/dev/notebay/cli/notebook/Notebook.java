package dev.notebay.cli.notebook;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.notebay.cli.terminal.CliFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * A notebook of format 4. What is read is kept as it is; what is missing for 4.5 (cell ids, lists
 * of outputs) is added.
 */
public final class Notebook {
  private static final long MAXIMUM_BYTES = 256L << 20;
  private static final Pattern CELL_ID = Pattern.compile("[a-zA-Z0-9_-]{1,64}");
  private static final Set<String> CELL_TYPES = Set.of("code", "markdown", "raw");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ObjectNode root;
  private final List<CodeCell> codeCells = new ArrayList<>();

  private Notebook(ObjectNode root) {
    this.root = root;
  }

  /** Reads and checks a file. */
  public static Notebook read(Path file) {
    try {
      if (Files.isDirectory(file)) {
        throw CliFailure.usage(file + " is a directory (expected: a notebook)", "");
      }
      if (Files.size(file) > MAXIMUM_BYTES) {
        throw CliFailure.usage(file + " is larger than 256 MiB", "clear its outputs first");
      }
      return parse(file.toString(), Files.readString(file));
    } catch (NoSuchFileException missing) {
      throw CliFailure.usage("no such notebook: " + file, neighbours(file));
    } catch (java.nio.charset.CharacterCodingException notText) {
      throw CliFailure.usage(file + " is not a notebook: it is not UTF-8 text", "");
    } catch (java.nio.file.AccessDeniedException denied) {
      throw CliFailure.usage(file + " cannot be read: permission denied", "");
    } catch (IOException failure) {
      throw CliFailure.usage(file + " cannot be read: " + failure.getMessage(), "");
    }
  }

  /**
   * Checks a notebook's text.
   *
   * @param title what to call it in messages
   */
  public static Notebook parse(String title, String text) {
    JsonNode root;
    try {
      root = JSON.readTree(text);
    } catch (JsonProcessingException notJson) {
      var at = notJson.getLocation();
      throw CliFailure.usage(
          title
              + " is not a notebook: not JSON"
              + (at == null ? "" : " at line " + at.getLineNr() + ", column " + at.getColumnNr()),
          "a notebook is a JSON file with \"nbformat\": 4");
    }
    if (!(root instanceof ObjectNode object) || !object.has("nbformat")) {
      throw CliFailure.usage(
          title + " is not a notebook: no \"nbformat\" in it",
          "a notebook is a JSON file with \"nbformat\": 4");
    }
    JsonNode format = object.path("nbformat");
    if (!format.isInt() || format.intValue() != 4) {
      throw CliFailure.usage(
          title + " has notebook format " + format + " (expected: 4)",
          "convert it: jupyter nbconvert --to notebook --nbformat 4 FILE");
    }
    var notebook = new Notebook(object);
    notebook.normalize(title);
    return notebook;
  }

  /** A notebook with one cell. */
  public static Notebook ofCode(String code) {
    ObjectNode root = JSON.createObjectNode().put("nbformat", 4).put("nbformat_minor", 5);
    root.putArray("cells").addObject().put("cell_type", "code").put("source", code);
    var notebook = new Notebook(root);
    notebook.normalize("CODE");
    return notebook;
  }

  private void normalize(String title) {
    if (!(root.path("cells") instanceof ArrayNode cells)) {
      throw CliFailure.usage(title + " has no list of \"cells\"", "");
    }
    if (!(root.path("metadata") instanceof ObjectNode)) {
      root.putObject("metadata");
    }
    Set<String> ids = new HashSet<>();
    int position = 0;
    for (JsonNode node : cells) {
      position++;
      String type = node.path("cell_type").asText();
      JsonNode source = node.path("source");
      if (!(node instanceof ObjectNode cell)
          || !CELL_TYPES.contains(type)
          || !(source.isTextual() || source.isArray())) {
        throw CliFailure.usage(
            title
                + ": cell "
                + position
                + " is not a cell (expected: cell_type code, markdown or raw, and a source)",
            "");
      }
      String id = cell.path("id").asText();
      if (!CELL_ID.matcher(id).matches() || !ids.add(id)) {
        String fresh = UUID.randomUUID().toString().substring(0, 8);
        cell.put("id", fresh);
        ids.add(fresh);
      }
      if (!(cell.path("metadata") instanceof ObjectNode)) {
        cell.putObject("metadata");
      }
      if (type.equals("code")) {
        codeCells.add(new CodeCell(cell));
      }
    }
    if (root.path("nbformat_minor").asInt() < 5) {
      root.put("nbformat_minor", 5);
    }
  }

  /** The cells to run, in order. */
  public List<CodeCell> codeCells() {
    return List.copyOf(codeCells);
  }

  /** The kernel the notebook asks for. */
  public String kernelName() {
    String name = root.path("metadata").path("kernelspec").path("name").asText();
    return name.isEmpty() ? "python3" : name;
  }

  /** Takes over what the kernel says about its language. */
  public void languageInfo(JsonNode info) {
    if (root.path("metadata") instanceof ObjectNode metadata && info.isObject()) {
      metadata.set("language_info", info);
    }
  }

  /** Changes what was displayed under an id, in all cells. */
  public void updateDisplay(String displayId, JsonNode content) {
    codeCells.forEach(cell -> cell.outputs().updateDisplay(displayId, content));
  }

  /** The notebook as text, laid out as nbformat does. */
  public String toJson() {
    var indenter = new DefaultIndenter(" ", "\n");
    var printer =
        new DefaultPrettyPrinter(
                Separators.createDefaultInstance()
                    .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
                    .withObjectEmptySeparator("")
                    .withArrayEmptySeparator(""))
            .withObjectIndenter(indenter)
            .withArrayIndenter(indenter);
    try {
      return JSON.writer(printer).writeValueAsString(root) + "\n";
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException("a tree of JSON nodes is JSON", impossible);
    }
  }

  /** Writes the notebook: the file is seen as it was or whole. */
  public void write(Path file) {
    Path absolute = file.toAbsolutePath();
    Path next =
        absolute.resolveSibling("." + absolute.getFileName() + "." + ProcessHandle.current().pid());
    try {
      Files.writeString(next, toJson());
      Files.move(
          next, absolute, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException failure) {
      try {
        Files.deleteIfExists(next);
      } catch (IOException alsoFailed) {
        failure.addSuppressed(alsoFailed);
      }
      throw CliFailure.usage(
          "cannot write " + file + ": " + failure.getMessage(),
          "choose another with --output FILE");
    }
  }

  /**
   * Where the executed notebook goes if nothing else is said: {@code x.ipynb} to {@code
   * x.out.ipynb}.
   */
  public static Path outputBeside(Path input) {
    String name = input.getFileName().toString();
    String stem =
        name.toLowerCase(Locale.ROOT).endsWith(".ipynb")
            ? name.substring(0, name.length() - ".ipynb".length())
            : name;
    return input.resolveSibling(stem + ".out.ipynb");
  }

  private static String neighbours(Path file) {
    Path directory = file.toAbsolutePath().getParent();
    if (directory == null || !Files.isDirectory(directory)) {
      return "there is no directory " + directory;
    }
    try (var files = Files.list(directory)) {
      String found =
          String.join(
              ", ",
              files
                  .map(path -> path.getFileName().toString())
                  .filter(name -> name.endsWith(".ipynb") && !name.endsWith(".out.ipynb"))
                  .sorted()
                  .limit(5)
                  .toList());
      return found.isEmpty() ? "" : "notebooks there: " + found;
    } catch (IOException unreadable) {
      return "";
    }
  }
}
