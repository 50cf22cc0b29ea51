package dev.notebay.cli.fake;

import dev.notebay.cli.terminal.Terminal;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** A terminal whose words can be read afterwards. */
public final class RecordedTerminal {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Terminal terminal;

  private RecordedTerminal(String input, boolean interactive, boolean canAsk) {
    this.terminal =
        new Terminal(
            new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            interactive,
            canAsk);
  }

  /** Not a terminal at all: output into files. */
  public static RecordedTerminal piped() {
    return new RecordedTerminal("", false, false);
  }

  /** A terminal with a person who types {@code input}. */
  public static RecordedTerminal withPerson(String input) {
    return new RecordedTerminal(input, true, true);
  }

  public Terminal terminal() {
    return terminal;
  }

  public String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  public String err() {
    return err.toString(StandardCharsets.UTF_8);
  }
}
