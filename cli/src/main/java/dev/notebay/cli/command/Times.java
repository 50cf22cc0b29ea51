package dev.notebay.cli.command;

import com.google.protobuf.Timestamp;
import dev.notebay.cli.config.SystemClock;
import dev.notebay.cli.terminal.Quantities;
import java.time.Duration;
import java.time.Instant;

/** Points of time as people read them. */
final class Times {
  private Times() {}

  static Instant instant(Timestamp time) {
    return Instant.ofEpochSecond(time.getSeconds(), time.getNanos());
  }

  /** {@code 5m 3s}: how long ago. */
  static String ago(Timestamp time) {
    return Quantities.show(Duration.between(instant(time), SystemClock.now()));
  }

  /** {@code in 5m 3s}. */
  static String until(Timestamp time) {
    return "in " + Quantities.show(Duration.between(SystemClock.now(), instant(time)));
  }
}
