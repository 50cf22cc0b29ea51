package dev.notebay.scheduler.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SeldomTest {
  private Instant now = Instant.EPOCH;

  @Test
  void oneOfManyWithinAnIntervalIsPassedOn() {
    List<String> heard = new ArrayList<>();
    var seldom = new Seldom<String>(() -> now, Duration.ofSeconds(1), heard::add);

    seldom.accept("first");
    now = now.plusMillis(999);
    seldom.accept("second");
    now = now.plusMillis(1);
    seldom.accept("third");

    assertThat(heard).containsExactly("first", "third");
  }
}
