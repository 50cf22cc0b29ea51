package dev.notebay.cli.notebook;

import com.fasterxml.jackson.databind.JsonNode;
import dev.notebay.cli.jupyter.CellListener;
import dev.notebay.cli.jupyter.KernelClient;
import dev.notebay.cli.jupyter.KernelClient.Result;
import dev.notebay.cli.jupyter.KernelMessage;
import dev.notebay.cli.terminal.ExitCode;
import dev.notebay.cli.terminal.Terminal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Runs a notebook's cells in order, showing and keeping what comes out. */
public final class NotebookRun {
  private final Notebook notebook;
  private final Terminal terminal;
  private final boolean allowErrors;

  /**
   * @param allowErrors whether to go on after a cell that raised
   */
  public NotebookRun(Notebook notebook, Terminal terminal, boolean allowErrors) {
    this.notebook = notebook;
    this.terminal = terminal;
    this.allowErrors = allowErrors;
  }

  /**
   * Runs all cells, or up to the first that fails.
   *
   * @return the exit code
   */
  public int in(KernelClient kernel) {
    List<CodeCell> cells = notebook.codeCells().stream().filter(CodeCell::runs).toList();
    for (int i = 0; i < cells.size(); i++) {
      CodeCell cell = cells.get(i);
      String place = "[" + (i + 1) + "/" + cells.size() + "]";
      terminal.note(place + " " + firstLine(cell.source()));
      var listener = new Listener(cell);
      Result result;
      try {
        result = kernel.execute(cell.source(), listener);
      } finally {
        listener.finish();
      }
      switch (result) {
        case Result.Done() -> {
          // On to the next cell.
        }
        case Result.Raised() -> {
          if (kernel.wasInterrupted()) {
            return ExitCode.INTERRUPTED;
          }
          if (!allowErrors && !cell.mayRaise()) {
            int left = cells.size() - i - 1;
            terminal.note(
                "notebay: cell "
                    + place
                    + " raised"
                    + (left == 0 ? "" : "; the " + left + " after it were not run"));
            return ExitCode.CELL_FAILED;
          }
        }
        case Result.KernelDied(String why) -> {
          String told = "the kernel died in cell " + place + ": " + why;
          cell.outputs().error("DeadKernelError", why, List.of(told));
          terminal.note("notebay: " + told);
          return ExitCode.CELL_FAILED;
        }
      }
    }
    return ExitCode.OK;
  }

  private static String firstLine(String source) {
    List<String> lines = source.strip().lines().toList();
    String first = lines.getFirst().strip();
    String shown = first.length() > 70 ? first.substring(0, 69) + "…" : first;
    return lines.size() > 1 && shown.equals(first) ? shown + " …" : shown;
  }

  private final class Listener implements CellListener {
    private final CodeCell cell;
    private final OutputPrinter printer = new OutputPrinter(terminal);

    Listener(CodeCell cell) {
      this.cell = cell;
    }

    @Override
    public void said(KernelMessage message) {
      JsonNode content = message.content();
      Outputs outputs = cell.outputs();
      switch (message.type()) {
        case "stream" -> {
          String name = content.path("name").asText("stdout");
          String text = content.path("text").asText();
          outputs.stream(name, text);
          printer.stream(name, text);
        }
        case "execute_result", "display_data" -> {
          outputs.display(message.type(), content);
          printer.display(content.path("data"));
        }
        case "update_display_data" -> {
          notebook.updateDisplay(content.path("transient").path("display_id").asText(), content);
          printer.display(content.path("data"));
        }
        case "clear_output" -> outputs.clear(content.path("wait").asBoolean());
        case "error" -> {
          List<String> traceback = new ArrayList<>();
          content.path("traceback").forEach(line -> traceback.add(line.asText()));
          outputs.error(content.path("ename").asText(), content.path("evalue").asText(), traceback);
          printer.error(traceback);
        }
        case "execute_input" -> {
          cell.executionCount(content.path("execution_count").asInt());
          cell.timing("iopub.execute_input", message.date());
        }
        case "status" ->
            cell.timing("iopub.status." + content.path("execution_state").asText(), message.date());
        case "execute_reply" -> {
          if (content.path("execution_count").isInt()) {
            cell.executionCount(content.path("execution_count").asInt());
          }
          cell.timing("shell.execute_reply", message.date());
        }
        default -> {
          // Comms and the like are for front ends that show widgets.
        }
      }
    }

    @Override
    public void languageInfo(JsonNode info) {
      notebook.languageInfo(info);
    }

    @Override
    public boolean canAnswer() {
      return terminal.canAsk();
    }

    @Override
    public Optional<String> answer(String prompt, boolean secret) {
      return terminal.ask(prompt, secret);
    }

    @Override
    public void note(String line) {
      terminal.note("notebay: " + line);
    }

    void finish() {
      printer.finish();
      cell.outputs().finish();
    }
  }
}
