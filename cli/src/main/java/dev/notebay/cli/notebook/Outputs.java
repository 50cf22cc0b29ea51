package dev.notebay.cli.notebook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The outputs of one cell, put together from the kernel's messages as Jupyter's own front ends do:
 * neighbouring pieces of one stream are joined, a clear empties the list (or waits for what comes
 * next), a display with an id can be changed later.
 */
public final class Outputs {
  private final ArrayNode list;
  private final Map<String, List<ObjectNode>> displays = new HashMap<>();
  private final StringBuilder stream = new StringBuilder();
  private boolean clearBeforeNext;

  Outputs(ArrayNode list) {
    this.list = list;
  }

  public void stream(String name, String text) {
    clearIfDue();
    JsonNode last =
        list.isEmpty() ? JsonNodeFactory.instance.missingNode() : list.get(list.size() - 1);
    if (last instanceof ObjectNode open
        && open.path("output_type").asText().equals("stream")
        && open.path("name").asText().equals(name)) {
      stream.append(text);
      return;
    }
    finish();
    list.addObject().put("output_type", "stream").put("name", name).put("text", "");
    stream.append(text);
  }

  /** Makes the list complete; nothing more comes for now. */
  public void finish() {
    if (!stream.isEmpty() && list.get(list.size() - 1) instanceof ObjectNode open) {
      open.set("text", lines(open.path("text"), stream.toString()));
    }
    stream.setLength(0);
  }

  /** A result ({@code execute_result}) or a display ({@code display_data}). */
  public void display(String type, JsonNode content) {
    clearIfDue();
    finish();
    ObjectNode output = list.addObject().put("output_type", type);
    output.set("data", bundle(content.path("data")));
    output.set("metadata", object(content.path("metadata")));
    if (type.equals("execute_result")) {
      output.set("execution_count", content.path("execution_count"));
    }
    String id = content.path("transient").path("display_id").asText();
    if (!id.isEmpty()) {
      displays.computeIfAbsent(id, unseen -> new ArrayList<>()).add(output);
    }
  }

  /** Changes every display of this cell that carries the id. */
  void updateDisplay(String id, JsonNode content) {
    for (ObjectNode output : displays.getOrDefault(id, List.of())) {
      output.set("data", bundle(content.path("data")));
      output.set("metadata", object(content.path("metadata")));
    }
  }

  public void error(String name, String value, List<String> traceback) {
    clearIfDue();
    finish();
    ObjectNode output =
        list.addObject().put("output_type", "error").put("ename", name).put("evalue", value);
    ArrayNode lines = output.putArray("traceback");
    traceback.forEach(lines::add);
  }

  public void clear(boolean whenNextComes) {
    if (whenNextComes) {
      clearBeforeNext = true;
    } else {
      clearNow();
    }
  }

  private void clearIfDue() {
    if (clearBeforeNext) {
      clearNow();
    }
  }

  private void clearNow() {
    clearBeforeNext = false;
    stream.setLength(0);
    list.removeAll();
    displays.clear();
  }

  private static JsonNode object(JsonNode node) {
    return node.isObject() ? node : JsonNodeFactory.instance.objectNode();
  }

  /** Text is stored as a list of lines, everything else as it is. */
  private static JsonNode bundle(JsonNode data) {
    ObjectNode stored = JsonNodeFactory.instance.objectNode();
    data.properties()
        .forEach(
            entry -> {
              boolean text =
                  entry.getValue().isTextual()
                      && (entry.getKey().startsWith("text/")
                          || entry.getKey().equals("image/svg+xml")
                          || entry.getKey().equals("application/javascript"));
              stored.set(
                  entry.getKey(),
                  text
                      ? lines(JsonNodeFactory.instance.missingNode(), entry.getValue().asText())
                      : entry.getValue());
            });
    return stored;
  }

  /** The lines of {@code before} and {@code text} together, each with its line end. */
  private static ArrayNode lines(JsonNode before, String text) {
    var whole = new StringBuilder();
    before.forEach(line -> whole.append(line.asText()));
    whole.append(text);
    ArrayNode lines = JsonNodeFactory.instance.arrayNode();
    int start = 0;
    while (start < whole.length()) {
      int end = whole.indexOf("\n", start);
      int next = end < 0 ? whole.length() : end + 1;
      lines.add(whole.substring(start, next));
      start = next;
    }
    return lines;
  }
}
