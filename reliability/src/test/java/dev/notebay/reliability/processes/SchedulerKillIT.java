package dev.notebay.reliability.processes;

import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The scheduler is killed at random moments, while it works and while it starts. Each trial can be
 * run alone: {@code -Dreliability.seed=N -Dreliability.kills=1}.
 */
class SchedulerKillIT {
  /** Trials in one installation: what has ended stays in its database. */
  private static final int ROUND = 50;

  @TempDir Path directory = Path.of("");

  @Test
  void aKilledSchedulerLosesNothingAndConvergesInFiveSeconds() throws Exception {
    Path distribution = Distribution.withStandIns(directory.resolve("dist")).directory();
    long first = Long.getLong("reliability.seed", 1);
    long after = first + Scale.wanted().schedulerKills();
    var figures = new Figures("kill -9 of the scheduler");
    for (long round = first; round < after; round += ROUND) {
      try (var trials = new Trials(directory.resolve("home" + round), distribution, round)) {
        for (long seed = round; seed < Math.min(round + ROUND, after); seed++) {
          kill(trials, new SplittableRandom(seed), "seed " + seed);
        }
        trials.drain();
        figures.add(trials);
      }
    }
    figures.print();
  }

  private static void kill(Trials trials, SplittableRandom random, String name) throws Exception {
    Service scheduler = trials.installation().scheduler();
    Duration work = Duration.ofMillis(random.nextInt(20, 600));
    boolean again = random.nextInt(5) == 0;
    Duration start = Duration.ofMillis(random.nextInt(1200));
    trials.run(
        name,
        () -> {
          Poll.pause(work);
          scheduler.kill();
          trials.workload().hush();
          scheduler.start();
          if (again) {
            Poll.pause(start);
            scheduler.kill();
            scheduler.start();
          }
        });
  }
}
