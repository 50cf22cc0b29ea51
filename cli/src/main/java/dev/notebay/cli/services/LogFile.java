package dev.notebay.cli.services;

import dev.notebay.cli.config.Pause;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Reads the end of a log. */
public final class LogFile {
  private static final int TAIL_BYTES = 1 << 20;

  private LogFile() {}

  /** The last lines; none where there is no log. */
  public static List<String> lastLines(Path file, int count) {
    return lastLines(file, 0, count);
  }

  /** The last lines from an offset on. */
  static List<String> lastLines(Path file, long from, int count) {
    try (var log = new RandomAccessFile(file.toFile(), "r")) {
      long start = Math.min(log.length(), Math.max(from, log.length() - TAIL_BYTES));
      byte[] tail = new byte[(int) (log.length() - start)];
      log.seek(start);
      log.readFully(tail);
      List<String> lines = new String(tail, StandardCharsets.UTF_8).lines().toList();
      return lines.subList(Math.max(0, lines.size() - count), lines.size());
    } catch (IOException none) {
      return List.of();
    }
  }

  /** Gives what is written to the log from now on, until {@code wanted} says no. */
  public static void follow(Path file, BooleanSupplier wanted, Consumer<String> text)
      throws IOException {
    try (var log = new RandomAccessFile(file.toFile(), "r")) {
      log.seek(log.length());
      byte[] piece = new byte[8192];
      while (wanted.getAsBoolean()) {
        int length = log.read(piece);
        if (length > 0) {
          text.accept(new String(piece, 0, length, StandardCharsets.UTF_8));
        } else {
          Pause.shortly();
        }
      }
    }
  }
}
