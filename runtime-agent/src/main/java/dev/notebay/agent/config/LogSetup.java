package dev.notebay.agent.config;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.Locale;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Logs go to standard error: a line each, as JSON where NOTEBAY_LOG_FORMAT says so. */
final class LogSetup {
  private LogSetup() {}

  static void apply() {
    Logger root = Logger.getLogger("");
    for (var handler : root.getHandlers()) {
      root.removeHandler(handler);
    }
    var handler = new ConsoleHandler();
    boolean json = "json".equals(System.getenv("NOTEBAY_LOG_FORMAT"));
    handler.setFormatter(new Line(json));
    handler.setLevel(Level.INFO);
    root.addHandler(handler);
    root.setLevel(Level.INFO);
    Logger.getLogger("io.netty").setLevel(Level.WARNING);
    Logger.getLogger("io.grpc").setLevel(Level.WARNING);
    Logger.getLogger("io.vertx").setLevel(Level.WARNING);
  }

  private static final class Line extends Formatter {
    private final boolean json;

    Line(boolean json) {
      this.json = json;
    }

    @Override
    public String format(LogRecord entry) {
      String message = formatMessage(entry) + trace(entry);
      Instant time = entry.getInstant();
      String level = entry.getLevel().getName();
      return json
          ? "{\"timestamp\":%s,\"level\":%s,\"loggerName\":%s,\"message\":%s}\n"
              .formatted(
                  quote(time.toString()),
                  quote(level),
                  quote(String.valueOf(entry.getLoggerName())),
                  quote(message))
          : time + " " + level + " " + message + "\n";
    }

    private static String trace(LogRecord entry) {
      if (entry.getThrown() == null) {
        return "";
      }
      var text = new StringWriter();
      entry.getThrown().printStackTrace(new PrintWriter(text, true));
      return "\n" + text.toString().stripTrailing();
    }

    private static String quote(String text) {
      var quoted = new StringBuilder(text.length() + 16).append('"');
      for (int index = 0; index < text.length(); index++) {
        char letter = text.charAt(index);
        switch (letter) {
          case '"', '\\' -> quoted.append('\\').append(letter);
          case '\n' -> quoted.append("\\n");
          default -> {
            if (letter < ' ') {
              quoted.append(String.format(Locale.ROOT, "\\u%04x", (int) letter));
            } else {
              quoted.append(letter);
            }
          }
        }
      }
      return quoted.append('"').toString();
    }
  }
}
