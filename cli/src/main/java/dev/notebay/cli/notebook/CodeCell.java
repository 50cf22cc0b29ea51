package dev.notebay.cli.notebook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** A notebook's cell of code. */
public final class CodeCell {
  private final ObjectNode cell;
  private final Outputs outputs;

  CodeCell(ObjectNode cell) {
    this.cell = cell;
    this.outputs = new Outputs(cell.putArray("outputs"));
    cell.putNull("execution_count");
    if (cell.path("metadata") instanceof ObjectNode metadata) {
      metadata.remove("execution");
    }
  }

  public String source() {
    JsonNode source = cell.path("source");
    if (source.isTextual()) {
      return source.asText();
    }
    var text = new StringBuilder();
    source.forEach(line -> text.append(line.asText()));
    return text.toString();
  }

  public Outputs outputs() {
    return outputs;
  }

  /** Whether the notebook's author expects it to raise. */
  public boolean mayRaise() {
    return tagged("raises-exception");
  }

  /** Whether there is something to run. */
  public boolean runs() {
    return !source().isBlank() && !tagged("skip-execution");
  }

  private boolean tagged(String tag) {
    for (JsonNode each : cell.path("metadata").path("tags")) {
      if (each.asText().equals(tag)) {
        return true;
      }
    }
    return false;
  }

  public void executionCount(int count) {
    cell.put("execution_count", count);
  }

  /** Notes when something of its execution happened, as nbclient does. */
  public void timing(String what, String time) {
    if (cell.path("metadata") instanceof ObjectNode metadata && !time.isEmpty()) {
      metadata.withObjectProperty("execution").put(what, time);
    }
  }
}
