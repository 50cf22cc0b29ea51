package dev.notebay.agent.jupyter;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/**
 * Times as Jupyter clients parse them: always six digits of a second and {@code Z}. Anything else
 * that ISO 8601 allows fails in {@code strptime}.
 */
final class Timestamps {
  private static final DateTimeFormatter FORMAT =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  private Timestamps() {}

  static String format(Instant time) {
    return FORMAT.format(time);
  }
}
