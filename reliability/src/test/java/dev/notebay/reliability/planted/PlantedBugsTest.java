package dev.notebay.reliability.planted;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.reliability.planted.Hunt.Outcome;
import dev.notebay.reliability.planted.Hunt.Outcome.Caught;
import dev.notebay.reliability.planted.Hunt.Outcome.Survived;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** How much the simulator finds. */
class PlantedBugsTest {
  private static final boolean LONG = "long".equals(System.getProperty("reliability.scale"));
  private static final long SEEDS = 2_000;

  private final PatchCompiler compiler = new PatchCompiler(Sources.ofThisBuild());

  private record Row(PlantedBug bug, Outcome outcome) {
    boolean isAsExpected() {
      return bug.heldBy().isPresent() == outcome instanceof Survived;
    }

    @Override
    public String toString() {
      return switch (outcome) {
        case Caught(var seed, var violation) ->
            "| %s | %s | caught at seed %d: %s |"
                .formatted(bug.name(), bug.breaks(), seed, firstWords(violation));
        case Survived(var seeds) ->
            "| %s | %s | does no harm in %d seeds: %s |"
                .formatted(bug.name(), bug.breaks(), seeds, bug.heldBy().orElse("not caught"));
      };
    }

    private static String firstWords(String violation) {
      return violation.lines().findFirst().orElse("").split(":", 2)[0];
    }
  }

  @Test
  void everyBugThatDoesHarmIsCaughtAndNoOtherIs() {
    var hunt = new Hunt(compiler, SimulationTrial.class.getName(), SEEDS);
    List<Row> rows =
        PlantedBugs.all().parallelStream()
            .filter(bug -> LONG || bug.heldBy().isEmpty())
            .map(bug -> new Row(bug, hunt.run(bug)))
            .toList();
    System.out.println(
        "| bug | what it breaks | what became of it |\n|---|---|---|\n"
            + rows.stream().map(Row::toString).collect(Collectors.joining("\n")));

    assertThat(rows).filteredOn(row -> !row.isAsExpected()).isEmpty();
    assertThat(rows).hasSizeGreaterThanOrEqualTo(30);
  }

  static List<PlantedBug> harmless() {
    return PlantedBugs.all().stream().filter(bug -> bug.heldBy().isPresent()).toList();
  }

  @ParameterizedTest
  @MethodSource("harmless")
  void aBugThatDoesNoHarmCanStillBeMade(PlantedBug bug) {
    assertThat(compiler.compile(bug)).isNotEmpty();
  }

  @Test
  void everyBugHasANameOfItsOwn() {
    assertThat(PlantedBugs.all()).extracting(PlantedBug::name).doesNotHaveDuplicates();
  }
}
