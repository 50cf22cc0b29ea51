package dev.notebay.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantitiesTest {
  @ParameterizedTest
  @CsvSource({"45s,PT45S", "90m,PT1H30M", "1h30m,PT1H30M", "2d,PT48H", "1d2h3m4s,PT26H3M4S"})
  void readsDurations(String text, Duration expected) {
    assertThat(Quantities.duration("--x", text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "90", "m", "-5m", "1.5h", "5m1h", "0s", "99999999999s"})
  void refusesWhatIsNoDuration(String text) {
    assertThatThrownBy(() -> Quantities.duration("--x", text))
        .isInstanceOf(CliFailure.class)
        .hasMessageContaining("expected");
  }

  @ParameterizedTest
  @CsvSource({
    "1048576,1048576",
    "512MiB,536870912",
    "4GB,4000000000",
    "2 GiB,2147483648",
    "1k,1000"
  })
  void readsSizes(String text, long expected) {
    assertThat(Quantities.bytes("--x", text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "four", "-1GiB", "1.5GiB", "999999999999TiB"})
  void refusesWhatIsNoSize(String text) {
    assertThatThrownBy(() -> Quantities.bytes("--x", text)).isInstanceOf(CliFailure.class);
  }

  @ParameterizedTest
  @CsvSource({"2,2000", "0.5,500", "500m,500", "1.25,1250"})
  void readsCpus(String text, long expected) {
    assertThat(Quantities.cpuMilli("--x", text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"1,1000", "8,8000", "0.25,250", ".5,500", "0.001,1", "0.999,999"})
  void readsDevicesAndSharesOfOne(String text, int expected) {
    assertThat(Quantities.deviceMilli("--x", text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0", "0.0", "0.0005", "1.5", "-1", "half", "10000", "01"})
  void refusesWhatIsNeitherDevicesNorAShare(String text) {
    assertThatThrownBy(() -> Quantities.deviceMilli("--x", text)).isInstanceOf(CliFailure.class);
  }

  @Test
  void showsTwoUnitsAtMost() {
    assertThat(Quantities.show(Duration.ofSeconds(59))).isEqualTo("59s");
    assertThat(Quantities.show(Duration.ofSeconds(5403))).isEqualTo("1h 30m");
    assertThat(Quantities.show(Duration.ofHours(48))).isEqualTo("2d");
    assertThat(Quantities.show(1536L)).isEqualTo("1.5 KiB");
    assertThat(Quantities.show(7L)).isEqualTo("7 B");
  }
}
