package dev.notebay.cli.terminal;

import java.util.regex.Pattern;

/**
 * Prepares a program's output for a place that is not a terminal: colours and cursor movements go,
 * and a line that is written over by carriage returns (a progress bar) appears once, as it was at
 * its end. Everything else passes at once.
 */
public final class StreamText {
  private static final Pattern ESCAPES =
      Pattern.compile(
          "\u001b(?:\\[[0-9;?]*[ -/]*[@-~]|\\][^\u0007\u001b]*(?:\u0007|\u001b\\\\)|[@-Z\\\\^_])");

  private final StringBuilder held = new StringBuilder();
  private boolean writtenOver;

  /** What to print now that {@code text} has come. */
  public String accept(String text) {
    String plain = withoutEscapes(text);
    var print = new StringBuilder();
    for (int i = 0; i < plain.length(); i++) {
      char c = plain.charAt(i);
      if (c == '\n') {
        print.append(held).append('\n');
        held.setLength(0);
        writtenOver = false;
      } else if (c == '\r') {
        boolean lineEnd = i + 1 < plain.length() && plain.charAt(i + 1) == '\n';
        if (!lineEnd) {
          held.setLength(0);
          writtenOver = true;
        }
      } else {
        (writtenOver ? held : print).append(c);
      }
    }
    return print.toString();
  }

  /** What is still held back when nothing more comes. */
  public String end() {
    String rest = held.toString();
    held.setLength(0);
    writtenOver = false;
    return rest;
  }

  /** {@code text} without colours and cursor movements. */
  public static String withoutEscapes(String text) {
    return text.indexOf('\u001b') < 0 ? text : ESCAPES.matcher(text).replaceAll("");
  }
}
