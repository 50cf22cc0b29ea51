package dev.notebay.scheduler.config;

import dev.notebay.scheduler.core.reconcile.Step;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * Logs steps that fail, each at most once in a while: a step that fails is tried again every
 * second.
 */
final class StepFailureLog implements BiConsumer<Step, RuntimeException> {
  private static final System.Logger LOG = System.getLogger(StepFailureLog.class.getName());
  private static final Duration SILENCE = Duration.ofMinutes(5);

  private final InstantSource clock;
  private final Map<String, Instant> logged = new HashMap<>();

  StepFailureLog(InstantSource clock) {
    this.clock = clock;
  }

  @Override
  public void accept(Step step, RuntimeException failure) {
    String what = describe(step);
    Instant now = clock.instant();
    logged.values().removeIf(at -> at.isBefore(now.minus(SILENCE)));
    if (logged.putIfAbsent(what, now) == null) {
      LOG.log(System.Logger.Level.ERROR, "step failed, will be tried again " + what, failure);
    }
  }

  private static String describe(Step step) {
    return switch (step) {
      case Step.Write(var next) -> "step=write session=" + next.id();
      case Step.Start(var session) -> "step=start session=" + session.id();
      case Step.WriteIfGone(var runtime, _) -> "step=write-if-gone runtime=" + runtime;
      case Step.Terminate(var runtime) -> "step=terminate runtime=" + runtime;
      case Step.ReleaseVolume(var session) -> "step=release-volume session=" + session.id();
      case Step.Remove(var runtime) -> "step=remove runtime=" + runtime;
    };
  }
}
