package dev.notebay.reliability.processes;

import dev.notebay.reliability.crash.CrashPoint;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The scheduler ends at each named point once, as {@code kill -9} would end it. One is tried alone
 * by {@code -Dreliability.point=} a part of its name.
 */
class CrashPointIT {
  @TempDir Path directory = Path.of("");

  @Test
  void aSchedulerThatEndsAtAnyNamedPointLosesNothingAndConverges() throws Exception {
    Path distribution = Distribution.withStandIns(directory.resolve("dist")).directory();
    CrashPlan plan = CrashPlan.in(directory.resolve("plan"));
    var figures = new Figures("the scheduler ends at a named point");
    try (var trials =
        new Trials(directory.resolve("home"), distribution, 1, new String[] {plan.option()})) {
      for (CrashPoint point : CrashPoints.wanted(CrashPoints.ofWorkingScheduler())) {
        trials.run(
            point.toString(),
            () -> {
              plan.arm(point);
              end(trials, plan, point);
            });
      }
      for (CrashPoint point : CrashPoints.wanted(CrashPoints.ofStartingScheduler())) {
        trials.run(
            point.toString(),
            () -> {
              trials.installation().scheduler().kill();
              plan.arm(point);
              trials.installation().scheduler().start(plan.option());
              end(trials, plan, point);
            });
      }
      for (CrashPoint point : CrashPoints.wanted(CrashPoints.ofForce())) {
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
      for (CrashPoint point : CrashPoints.wanted(CrashPoints.ofFirstStart())) {
        plan.arm(point);
        scheduler.start(plan.option());
        plan.requireReached(scheduler, point);
      }
      plan.disarm();
      installation.up();
    }
  }

  private static void end(Trials trials, CrashPlan plan, CrashPoint point) throws Exception {
    Service scheduler = trials.installation().scheduler();
    plan.requireReached(scheduler, point);
    trials.workload().hush();
    plan.disarm();
    scheduler.start(plan.option());
  }
}
