package dev.notebay.cli.terminal;

import java.io.BufferedReader;
import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Where a command speaks: results to {@code out}, what goes on meanwhile to {@code err}, so that
 * results can be piped.
 *
 * <p>On a terminal the latest progress is one line that is written over; elsewhere every change is
 * a line of its own.
 */
public final class Terminal {
  private static final String CLEAR_LINE = "\r\u001b[K";

  private final PrintStream out;
  private final PrintStream err;
  private final BufferedReader in;
  private final boolean interactive;
  private final boolean inputFromPerson;
  private String progress = "";
  private boolean outAtLineStart = true;

  /**
   * @param interactive whether {@code out} and {@code err} are a terminal
   * @param inputFromPerson whether a person can answer on {@code in}
   */
  public Terminal(
      InputStream in,
      PrintStream out,
      PrintStream err,
      boolean interactive,
      boolean inputFromPerson) {
    this.in = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    this.out = out;
    this.err = err;
    this.interactive = interactive;
    this.inputFromPerson = inputFromPerson;
  }

  /** The terminal this process was started from. */
  public static Terminal ofProcess(boolean outputIsTerminal, boolean inputIsTerminal) {
    return new Terminal(
        new FileInputStream(FileDescriptor.in),
        new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8),
        new PrintStream(new FileOutputStream(FileDescriptor.err), false, StandardCharsets.UTF_8),
        outputIsTerminal,
        inputIsTerminal);
  }

  /** One that nobody reads and nobody answers on. */
  public static Terminal silent() {
    var nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    return new Terminal(InputStream.nullInputStream(), nowhere, nowhere, false, false);
  }

  public boolean interactive() {
    return interactive;
  }

  /** Whether somebody is there to answer a question. */
  public boolean canAsk() {
    return inputFromPerson;
  }

  /** Shows how far things are; the same again is not repeated. */
  public synchronized void progress(String line) {
    if (line.equals(progress)) {
      return;
    }
    if (interactive) {
      err.print(CLEAR_LINE + line);
    } else {
      err.println(line);
    }
    err.flush();
    progress = line;
  }

  /** Ends the progress line, so that something else can be written. */
  public synchronized void clearProgress() {
    if (!progress.isEmpty() && interactive) {
      err.print(CLEAR_LINE);
      err.flush();
    }
    progress = "";
  }

  /** A line about what goes on. */
  public synchronized void note(String line) {
    clearProgress();
    endOutputLine();
    err.println(line);
    err.flush();
  }

  /** A line of the result. */
  public synchronized void line(String line) {
    clearProgress();
    endOutputLine();
    out.println(line);
    out.flush();
  }

  /** A piece of the result, as it comes. */
  public synchronized void text(String text) {
    if (text.isEmpty()) {
      return;
    }
    clearProgress();
    out.print(text);
    out.flush();
    outAtLineStart = text.endsWith("\n");
  }

  /** A piece of a program's error output, as it comes. */
  public synchronized void errorText(String text) {
    if (text.isEmpty()) {
      return;
    }
    clearProgress();
    err.print(text);
    err.flush();
  }

  /** Bytes of the result. */
  public synchronized void bytes(byte[] data) {
    clearProgress();
    out.write(data, 0, data.length);
    out.flush();
  }

  /** Starts a new line of the result, unless at the start of one. */
  public synchronized void endOutputLine() {
    if (!outAtLineStart) {
      out.println();
      out.flush();
      outAtLineStart = true;
    }
  }

  /** Shows a failure: one line, and one that says what to do. */
  public void failure(CliFailure failure) {
    note("notebay: " + failure.text());
    failure.hint().ifPresent(hint -> note("  " + hint));
  }

  /** Asks a question and waits for the answer; empty at the end of input. */
  public Optional<String> ask(String prompt, boolean secret) {
    clearProgress();
    Console console = System.console();
    try {
      if (secret && console != null && console.isTerminal()) {
        out.print(prompt);
        out.flush();
        char[] answer = console.readPassword();
        return answer == null ? Optional.empty() : Optional.of(new String(answer));
      }
      text(prompt);
      Optional<String> answer = Optional.ofNullable(in.readLine());
      outAtLineStart = true;
      return answer;
    } catch (IOException unreadable) {
      return Optional.empty();
    }
  }
}
