package dev.notebay.reliability.processes;

import dev.notebay.reliability.crash.CrashPoint;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The storage gateway is killed at named points and at random moments, stays away for a while, or
 * stands still.
 */
class StorageKillIT {
  private static final Duration AWAY = Duration.ofSeconds(12);

  @TempDir Path directory = Path.of("");

  @Test
  void aStorageGatewayThatEndsLosesNoVolumeAndNoSession() throws Exception {
    Path distribution = Distribution.withStandIns(directory.resolve("dist")).directory();
    CrashPlan plan = CrashPlan.in(directory.resolve("plan"));
    var figures = new Figures("the storage gateway ends");
    try (var trials =
        new Trials(directory.resolve("home"), distribution, 1, new String[] {plan.option()})) {
      Service storage = trials.installation().storage();
      for (CrashPoint point : CrashPoints.wanted(CrashPoints.ofStorage())) {
        trials.run(
            point.toString(),
            () -> {
              plan.arm(point);
              plan.requireReached(storage, point);
              trials.workload().hush();
              plan.disarm();
              storage.start(plan.option());
            });
      }
      var random = new SplittableRandom(1);
      for (int trial = 0; trial < Scale.wanted().storageKills(); trial++) {
        Duration work = Duration.ofMillis(random.nextInt(20, 600));
        trials.run(
            "random kill " + trial,
            () -> {
              Poll.pause(work);
              storage.kill();
              trials.workload().hush();
              storage.start(plan.option());
            });
      }
      trials.run(
          "away for " + AWAY,
          () -> {
            storage.kill();
            Poll.pause(AWAY);
            trials.workload().hush();
            storage.start(plan.option());
          });
      trials.run(
          "stands still",
          () -> {
            storage.signal("STOP");
            Poll.pause(AWAY);
            trials.workload().hush();
            storage.signal("CONT");
          });
      trials.drain();
      figures.add(trials);
    }
    figures.print();
  }
}
