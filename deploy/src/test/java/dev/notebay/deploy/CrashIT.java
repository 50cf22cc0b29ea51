package dev.notebay.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Anything killed at any time: after a restart the database and the processes agree. */
@Timeout(300)
class CrashIT {
  private static final String COUNT =
      "import time\nfor i in range(40):\n    print('tick', i, flush=True)\n    time.sleep(0.25)";
  private static final Duration SOON = Duration.ofSeconds(60);
  @TempDir Path directory = Path.of("");
  private Place place;

  CrashIT() throws Exception {
    place = new Place(directory);
  }

  @BeforeEach
  void up() throws Exception {
    place = new Place(directory);
    var up = place.notebay("up");
    assertThat(up.exit()).as(up.all()).isZero();
  }

  @AfterEach
  void down() throws Exception {
    place.close();
  }

  @Test
  void aRunOutlivesItsSchedulerStorageAndAgent() throws Exception {
    var run = place.start("run", place.notebook("count.ipynb", COUNT).toString());
    run.awaitSaid("tick 2", SOON);
    place.kill("scheduler");
    place.kill("storage-gateway");
    var up = place.notebay("up");
    assertThat(up.exit()).as(up.all()).isZero();
    place.processes("dev.notebay.agent").forEach(ProcessHandle::destroyForcibly);
    var ended = run.end();
    assertThat(ended.exit()).as(ended.all()).isZero();
    for (int i = 0; i < 40; i++) {
      assertThat(ended.out()).containsOnlyOnce("tick " + i + "\n");
    }
    nothingIsLeft();
  }

  @Test
  void aRunOutlivesItsDatabase() throws Exception {
    var run = place.start("run", place.notebook("count.ipynb", COUNT).toString());
    run.awaitSaid("tick 2", SOON);
    place.processes("postgres").forEach(ProcessHandle::destroyForcibly);
    var ended = run.end();
    assertThat(ended.out()).as(ended.all()).contains("tick 39");
    var up = place.notebay("up");
    assertThat(up.exit()).as(up.all()).isZero();
  }

  @Test
  void aKernelThatKillsItselfIsExplained() throws Exception {
    var run =
        place.notebay(
            "run", place.notebook("exit.ipynb", "import os; os._exit(7)", "print(1)").toString());
    assertThat(run.exit()).as(run.all()).isEqualTo(1);
    assertThat(run.all()).contains("7");
    nothingIsLeft();
  }

  @Test
  void keptSessionsAreFoundAgain() throws Exception {
    var kept = place.notebay("exec", "--keep", "x = 41");
    assertThat(kept.exit()).as(kept.all()).isZero();
    String id = place.sessions().get(0).path("name").asText();
    assertThat(place.notebay("down", "--keep-sessions").exit()).isZero();
    assertThat(place.notebay("up").exit()).isZero();
    Place.await(
        "the session is found again",
        SOON,
        () -> place.sessions().get(0).path("runtime").path("connected").asBoolean());
    var more = place.notebay("exec", "--session", id, "print(x + 1)");
    assertThat(more.out()).as(more.all()).isEqualTo("42\n");
  }

  private void nothingIsLeft() throws Exception {
    Place.await(
        "every session has ended and no runtime is left",
        SOON,
        () ->
            place.sessions().findValuesAsText("state").stream()
                    .allMatch(
                        state -> state.equals("STATE_STOPPED") || state.equals("STATE_FAILED"))
                && place.processes("notebay_supervisor").isEmpty()
                && place.processes("dev.notebay.agent").isEmpty());
  }
}
