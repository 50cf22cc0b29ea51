package dev.notebay.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.deploy.chart.MetricNames;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a person does first, in one place that stays up. */
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TutorialIT {
  @TempDir static Path directory = Path.of("");
  private Place place;

  TutorialIT() throws Exception {
    place = new Place(directory);
  }

  @BeforeAll
  void up() throws Exception {
    place = new Place(directory);
    var up = place.notebay("up");
    assertThat(up.exit()).as(up.all()).isZero();
    var again = place.notebay("up");
    assertThat(again.out()).contains("up already");
  }

  @AfterAll
  void down() throws Exception {
    place.close();
  }

  @Test
  void theTutorialRunsTwiceAndOnlyTheDriveStays() throws Exception {
    Path tutorial = place.example("drive-tutorial.ipynb");
    var first = place.notebay("run", tutorial.toString());
    assertThat(first.exit()).as(first.all()).isZero();
    assertThat(first.out())
        .contains("earlier visits: 0", "Mounted at /content/drive", "epoch 200:");
    var second = place.notebay("run", tutorial.toString());
    assertThat(second.exit()).as(second.all()).isZero();
    assertThat(second.out())
        .contains("earlier visits: 1", "scratch from an earlier session: False", "visit 2");
    assertThat(Files.readString(directory.resolve("drive-tutorial.out.ipynb")))
        .contains("earlier visits: 1", "<b>fitted</b>");
    var file = place.notebay("volume", "get-file", "drive", "visits.txt");
    assertThat(file.out()).as(file.all()).isEqualTo("visit 1\nvisit 2\n");
  }

  @Test
  void theOtherExamplesRunToo() throws Exception {
    for (String name : new String[] {"outputs.ipynb", "word-count.ipynb"}) {
      var run = place.notebay("run", place.example(name).toString());
      assertThat(run.exit()).as(run.all()).isZero();
    }
  }

  @Test
  void aCellThatRaisesMakesTheRunFailAndIsWritten() throws Exception {
    var run = place.notebay("run", place.notebook("bad.ipynb", "1 / 0", "print(2)").toString());
    assertThat(run.exit()).as(run.all()).isEqualTo(1);
    assertThat(run.err()).contains("ZeroDivisionError");
    assertThat(Files.readString(directory.resolve("bad.out.ipynb"))).contains("ZeroDivisionError");
  }

  @Test
  void aSilentLongCellIsNotCutAndAnIdleSessionIs() throws Exception {
    var silent =
        place.notebay(
            "run",
            place.notebook("silent.ipynb", "import time; time.sleep(12); print('done')").toString(),
            "--idle-timeout",
            "2s");
    assertThat(silent.exit()).as(silent.all()).isZero();
    assertThat(silent.out()).contains("done");
    place.as("idler");
    var kept = place.notebay("exec", "--keep", "--idle-timeout", "2s", "print('here')");
    assertThat(kept.exit()).as(kept.all()).isZero();
    Place.await(
        "the idle session is cut",
        Duration.ofSeconds(60),
        () -> place.sessions().get(0).path("reason").asText().equals("REASON_IDLE_TIMEOUT"));
    place.as("ada");
  }

  @Test
  void usersDoNotSeeEachOther() throws Exception {
    var made = place.notebay("session", "create", "--volume", "none");
    assertThat(made.exit()).as(made.all()).isZero();
    String id = made.out().strip();
    place.as("mallory");
    try {
      assertThat(place.sessions().toString()).doesNotContain(id);
      assertThat(place.notebay("session", "get", id).exit()).isEqualTo(3);
      assertThat(place.notebay("session", "stop", id).exit()).isEqualTo(3);
      var missing = place.notebay("volume", "ls", "drive");
      assertThat(missing.exit()).as(missing.all()).isEqualTo(3);
    } finally {
      place.as("ada");
    }
    assertThat(place.notebay("session", "stop", id).exit()).isZero();
  }

  @Test
  void everyMetricOfDashboardsAndAlertsIsInAScrape() throws Exception {
    place.as("watched");
    assertThat(place.notebay("exec", "--keep", "1").exit()).isZero();
    var session = place.sessions().get(0);
    place.as("ada");
    String agent = session.path("runtime").path("jupyter_uri").asText();
    var known =
        MetricNames.in(
            place.metrics("SCHEDULER") + place.metrics("STORAGE") + Place.read(agent + "/metrics"));
    assertThat(known).containsAll(MetricNames.asked());
  }

  @Test
  void anUnknownAcceleratorIsRefusedWithWhatThereIs() throws Exception {
    var refused =
        place.notebay(
            "run", place.notebook("gpu.ipynb", "1").toString(), "--accelerator", "nvidia-h9");
    assertThat(refused.exit()).as(refused.all()).isEqualTo(3);
    assertThat(refused.err()).contains("nvidia-h9", "./notebay accelerators");
  }
}
