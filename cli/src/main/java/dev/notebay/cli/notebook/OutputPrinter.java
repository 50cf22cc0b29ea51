package dev.notebay.cli.notebook;

import com.fasterxml.jackson.databind.JsonNode;
import dev.notebay.cli.terminal.Quantities;
import dev.notebay.cli.terminal.StreamText;
import dev.notebay.cli.terminal.Terminal;
import java.util.ArrayList;
import java.util.List;

/** Shows a cell's outputs as they come: text as text, everything else by its kind and size. */
final class OutputPrinter {
  private final Terminal terminal;
  private final StreamText out = new StreamText();
  private final StreamText err = new StreamText();

  OutputPrinter(Terminal terminal) {
    this.terminal = terminal;
  }

  void stream(String name, String text) {
    if (name.equals("stderr")) {
      terminal.errorText(terminal.interactive() ? text : err.accept(text));
    } else {
      terminal.text(terminal.interactive() ? text : out.accept(text));
    }
  }

  void display(JsonNode data) {
    finish();
    List<String> shown = new ArrayList<>();
    data.properties()
        .forEach(
            entry -> {
              if (entry.getKey().startsWith("image/")) {
                shown.add(
                    "[" + entry.getKey() + " " + size(entry.getKey(), entry.getValue()) + "]");
              }
            });
    JsonNode plain = data.path("text/plain");
    if (plain.isTextual()) {
      shown.add(plain.asText());
    } else if (shown.isEmpty()) {
      data.properties().forEach(entry -> shown.add("[" + entry.getKey() + "]"));
    }
    terminal.line(String.join(" ", shown));
  }

  void error(List<String> traceback) {
    finish();
    String text = String.join("\n", traceback);
    terminal.note(terminal.interactive() ? text : StreamText.withoutEscapes(text));
  }

  /** Nothing more comes for now. */
  void finish() {
    terminal.text(out.end());
    terminal.errorText(err.end());
    terminal.endOutputLine();
  }

  private static String size(String type, JsonNode data) {
    int length = data.asText().length();
    boolean base64 = !type.equals("image/svg+xml");
    return Quantities.show(base64 ? length * 3L / 4 : length);
  }
}
