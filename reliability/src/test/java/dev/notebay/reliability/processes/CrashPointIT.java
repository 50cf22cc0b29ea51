package dev.notebay.reliability.processes;

import dev.notebay.reliability.crash.CrashPoint;
import dev.notebay.reliability.crash.CrashSwitch;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The scheduler ends at each named point once, as {@code kill -9} would end it. One is tried alone
 * by {@code -Dreliability.point=} a part of its name.
 */
class CrashPointIT {
  private static final Duration REACHED = Duration.ofSeconds(45);
  private static final String WANTED = System.getProperty("reliability.point", "");

  @TempDir Path directory = Path.of("");

  @Test
  void aSchedulerThatEndsAtAnyNamedPointLosesNothingAndConverges() throws Exception {
    Path distribution = Distribution.withStandIns(directory.resolve("dist")).directory();
    CrashPlan plan = CrashPlan.in(directory.resolve("plan"));
    var figures = new Figures("the scheduler ends at a named point");
    try (var trials =
        new Trials(directory.resolve("home"), distribution, 1, new String[] {plan.option()})) {
      for (CrashPoint point : wanted(CrashPoints.ofWorkingScheduler())) {
        trials.run(
            point.toString(),
            () -> {
              plan.arm(point);
              end(trials, plan, point);
            });
      }
      for (CrashPoint point : wanted(CrashPoints.ofStartingScheduler())) {
        trials.run(
            point.toString(),
            () -> {
              trials.installation().scheduler().kill();
              plan.arm(point);
              trials.installation().scheduler().start(plan.option());
              end(trials, plan, point);
            });
      }
      for (CrashPoint point : wanted(CrashPoints.ofForce())) {
        trials.agents().deafen(true);
        trials.run(
            point.toString(),
            () -> {
              plan.arm(point);
              end(trials, plan, point);
              trials.agents().deafen(false);
            });
      }
      trials.drain();
      figures.add(trials);
    }
    figures.print();
  }

  @Test
  void aFirstStartThatEndsAtAnyNamedPointIsGoneOnWith() throws Exception {
    CrashPlan plan = CrashPlan.in(directory.resolve("plan"));
    Path distribution = Distribution.withStandIns(directory.resolve("dist")).directory();
    try (var installation = new Installation(directory.resolve("home"), distribution)) {
      Service scheduler = installation.scheduler();
      for (CrashPoint point : wanted(CrashPoints.ofFirstStart())) {
        plan.arm(point);
        scheduler.start(plan.option());
        requireReached(scheduler, plan, point);
      }
      plan.disarm();
      installation.up();
    }
  }

  private static List<CrashPoint> wanted(List<CrashPoint> points) {
    return points.stream().filter(point -> point.toString().contains(WANTED)).toList();
  }

  private static void end(Trials trials, CrashPlan plan, CrashPoint point) throws Exception {
    Service scheduler = trials.installation().scheduler();
    requireReached(scheduler, plan, point);
    trials.workload().hush();
    plan.disarm();
    scheduler.start(plan.option());
  }

  private static void requireReached(Service service, CrashPlan plan, CrashPoint point)
      throws Exception {
    Poll.until(point + " is reached", REACHED, () -> !service.isAlive());
    int status = service.awaitEnd();
    if (!plan.isReached() || status != CrashSwitch.STATUS) {
      throw new AssertionError(
          point + ": ended otherwise, with status " + status + ":\n" + service.logTail());
    }
  }
}
