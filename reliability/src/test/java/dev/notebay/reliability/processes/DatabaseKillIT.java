package dev.notebay.reliability.processes;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * PostgreSQL is killed at random moments: all of it, only its first process, one of its others, or
 * the scheduler with it. Each trial can be run alone: {@code -Dreliability.seed=N
 * -Dreliability.kills=1}.
 */
class DatabaseKillIT {
  @TempDir Path directory = Path.of("");

  @Test
  void aKilledDatabaseLosesNothingThatWasAcknowledged() throws Exception {
    Path distribution = Distribution.withStandIns(directory.resolve("dist")).directory();
    long first = Long.getLong("reliability.seed", 1);
    var figures = new Figures("kill -9 of PostgreSQL");
    try (var trials = new Trials(directory.resolve("home"), distribution, first)) {
      for (long seed = first; seed < first + Scale.wanted().databaseKills(); seed++) {
        kill(trials, new SplittableRandom(seed), "seed " + seed);
      }
      trials.drain();
      figures.add(trials);
    }
    figures.print();
  }

  private static void kill(Trials trials, SplittableRandom random, String name) throws Exception {
    Duration work = Duration.ofMillis(random.nextInt(20, 600));
    int what = random.nextInt(4);
    Database database = trials.installation().database();
    Service scheduler = trials.installation().scheduler();
    trials.run(
        name,
        () -> {
          Poll.pause(work);
          switch (what) {
            case 0 -> database.kill();
            case 1 -> database.postmaster().orElseThrow().destroyForcibly();
            case 2 -> {
              List<ProcessHandle> others = database.postmaster().orElseThrow().children().toList();
              others.get(random.nextInt(others.size())).destroyForcibly();
            }
            default -> {
              database.kill();
              scheduler.kill();
            }
          }
          trials.workload().hush();
          if (!scheduler.isAlive()) {
            scheduler.start();
          }
          scheduler.requireServing();
          Poll.until("the database answers", Trials.PATIENCE, database::answers);
        });
  }
}
