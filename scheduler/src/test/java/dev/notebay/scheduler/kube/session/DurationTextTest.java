package dev.notebay.scheduler.kube.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationTextTest {
  @ParameterizedTest
  @CsvSource({"90m,PT1H30M,1h30m", "45s,PT45S,45s", "1h1s,PT1H1S,1h1s", "1500ms,PT1.5S,1s500ms"})
  void aLengthIsReadAndWritten(String text, Duration duration, String written) {
    assertThat(DurationText.parse(text)).contains(duration);
    assertThat(DurationText.of(duration)).isEqualTo(written);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "90", "-1m", "1d", "1.5h", "m", "1 m", "9999999999s"})
  void whatIsNoLengthIsNotRead(String text) {
    assertThat(DurationText.parse(text)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "PT0S,0m,0m",
    "PT59S,0m,1m",
    "PT7M59S,7m,8m",
    "PT9M30S,9m,10m",
    "PT11M,10m,15m",
    "PT1H58M,1h55m,2h",
    "PT2H,2h,2h",
    "PT2H1S,2h,2h30m",
    "PT-3S,0m,1m"
  })
  void whatIsShownChangesSeldom(Duration duration, String down, String up) {
    assertThat(DurationText.coarse(duration, false)).isEqualTo(down);
    assertThat(DurationText.coarse(duration, true)).isEqualTo(up);
  }
}
