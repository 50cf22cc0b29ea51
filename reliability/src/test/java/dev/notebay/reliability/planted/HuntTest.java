package dev.notebay.reliability.planted;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.reliability.planted.Hunt.Outcome.Caught;
import dev.notebay.reliability.planted.Hunt.Outcome.Survived;
import dev.notebay.scheduler.core.queue.WaitingLine;
import dev.notebay.scheduler.core.session.Session;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class HuntTest {
  private static final String ENTRY = "dev.notebay.scheduler.core.queue.Entry";
  private static final String SESSION = Session.class.getName();
  private static final Patch NEWEST_FIRST =
      new Patch(
          ENTRY,
          ".thenComparingLong(entry -> entry.created)",
          ".thenComparingLong(entry -> -entry.created)");
  private static final Patch VERSION_KEPT =
      new Patch(SESSION, "version + 1, attempt,", "version, attempt,");

  private final Hunt hunt = hunt(QueueTrial.class.getName());

  @Test
  void aBugIsCaughtAtTheFirstSeedThatShowsIt() {
    var unsorted =
        new Patch(
            WaitingLine.class.getName(),
            "session.created(), heldBack,",
            "Instant.now(), heldBack,");

    assertThat(hunt.run(PlantedBug.harmful("newest-first", "order", NEWEST_FIRST)))
        .isEqualTo(new Caught(1, "the newer session is first"));
    assertThat(hunt.run(PlantedBug.harmful("unsorted", "order", unsorted)))
        .isEqualTo(new Caught(3, "the newer session is first"));
    assertThat(hunt.run(PlantedBug.harmful("version-kept", "versions", VERSION_KEPT)))
        .isEqualTo(new Caught(1, "version 1"));
  }

  @Test
  void aBugThatDoesNoHarmSurvives() {
    var other = new Patch(ENTRY, "A waiting session in the engine", "A session that waits");
    assertThat(hunt.run(PlantedBug.harmless("other-words", "nothing", "the reader", other)))
        .isEqualTo(new Survived(10));
  }

  @Test
  void aFailureOfTheCodeOnTrialIsAFind() {
    var noStop =
        new Patch(
            SESSION,
            "attempt > 0 && spec.volume().isPresent()), at));",
            "true), at)).filter(_ -> false);");
    assertThat(hunt.run(PlantedBug.harmful("no-stop", "stops", noStop)))
        .isEqualTo(new Caught(1, "java.lang.IllegalStateException: a stop does nothing"));
  }

  @Test
  void theWorldOfThisProcessIsUnchanged() {
    hunt.run(PlantedBug.harmful("version-kept", "versions", VERSION_KEPT));

    assertThat(new QueueTrial().apply(1)).isEmpty();
  }

  @Test
  void onePatchAfterTheOtherIsMadeInOneFile() {
    var twice =
        PlantedBug.harmful(
            "twice",
            "versions",
            VERSION_KEPT,
            new Patch(SESSION, "version, attempt,", "version + 7, attempt,"));

    assertThat(hunt.run(twice)).isEqualTo(new Caught(1, "version 8"));
  }

  @Test
  void aPatchWithoutItsPlaceIsAnErrorThatNamesBugAndFile() {
    var gone = new Patch(SESSION, "no such text", "");
    var ambiguous = new Patch(SESSION, "Optional.empty()", "");

    assertThatThrownBy(() -> hunt.run(PlantedBug.harmful("gone", "", gone)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContainingAll("gone", SESSION, "0 times");
    assertThatThrownBy(() -> hunt.run(PlantedBug.harmful("ambiguous", "", ambiguous)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContainingAll("ambiguous", SESSION, "(expected: once)");
  }

  @Test
  void aPatchThatDoesNotCompileIsAnErrorWithTheCompilersWords() {
    var wrong = new Patch(SESSION, "version + 1, attempt,", "missing, attempt,");

    assertThatThrownBy(() -> hunt.run(PlantedBug.harmful("wrong", "", wrong)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContainingAll("wrong", "Session.java", "cannot find symbol", "missing");
  }

  @Test
  void anEntryClassOrASourceThatIsNotThereIsAnErrorThatNamesIt() {
    var bug = PlantedBug.harmful("any", "", VERSION_KEPT);

    assertThatThrownBy(() -> hunt("dev.notebay.Missing").run(bug))
        .hasMessageContaining("dev.notebay.Missing");
    var elsewhere = new PatchCompiler(new Sources(Path.of("/nowhere")));
    assertThatThrownBy(() -> new Hunt(elsewhere, QueueTrial.class.getName(), 1).run(bug))
        .hasMessageContainingAll(SESSION, "/nowhere");
  }

  private static Hunt hunt(String entry) {
    return new Hunt(new PatchCompiler(Sources.ofThisBuild()), entry, 10);
  }
}
