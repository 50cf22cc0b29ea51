package dev.notebay.reliability.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SimulationTest {
  private static final long SEEDS =
      "long".equals(System.getProperty("reliability.scale")) ? 100_000 : 2_000;
  private static final int COMPARED = 100;

  @Test
  void noSeedViolatesAnythingAndAllComesToRestSoon() {
    var search = new Search();
    List<String> found = new ArrayList<>();
    long began = System.nanoTime();
    List<Simulation.Result> results =
        LongStream.rangeClosed(1, SEEDS).parallel().mapToObj(Simulation::run).toList();
    Duration took = Duration.ofNanos(System.nanoTime() - began);
    for (Simulation.Result result : results) {
      search.add(result);
      result
          .violation()
          .ifPresent(
              words ->
                  found.add(
                      "./notebay simulate-faults --seed " + result.seed() + " --trace: " + words));
    }
    search.summary(took).lines().forEach(line -> System.out.println("reliability: " + line));

    assertThat(found).isEmpty();
    assertThat(search.settled(0.99)).isLessThanOrEqualTo(Duration.ofSeconds(20));
    assertThat(search.settled(1)).isLessThanOrEqualTo(Duration.ofSeconds(60));
  }

  static Stream<String> regressions() throws IOException {
    try (InputStream list =
        Objects.requireNonNull(
            SimulationTest.class.getResourceAsStream("/simulation/regressions.txt"))) {
      return new String(list.readAllBytes(), StandardCharsets.UTF_8)
          .lines().filter(line -> !line.startsWith("#")).toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("regressions")
  void whatASeedHasFoundDoesNotComeBack(String line) {
    assertThat(Simulation.run(Long.parseLong(line.split(" ", 2)[0])).violation()).isEmpty();
  }

  @Test
  void aSeedTellsTheSameHistoryInEveryVirtualMachine() throws IOException {
    var here = new Search();
    LongStream.rangeClosed(1, COMPARED).mapToObj(Simulation::run).forEach(here::add);

    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-exports",
                "java.base/jdk.internal.vm=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                SimulateFaults.class.getName(),
                "--seeds",
                Integer.toString(COMPARED))
            .redirectErrorStream(true)
            .start();

    assertThat(new String(other.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .contains("hash         %016x".formatted(here.hash()));
  }

  @Test
  void aTraceChangesNothing() {
    List<String> lines = new ArrayList<>();

    assertThat(Simulation.run(7, lines::add)).isEqualTo(Simulation.run(7));
    assertThat(lines).anyMatch(line -> line.contains("the storm is over"));
  }

  @Test
  void tenMinutesWithoutSchedulersAndDatabaseLoseNoKernel() {
    Outage.Result result = Outage.run(1, Duration.ofMinutes(10));

    assertThat(result.kernels()).isEqualTo(50);
    assertThat(result.lost()).isZero();
    assertThat(result.settled()).isLessThanOrEqualTo(Duration.ofSeconds(30));
  }
}
