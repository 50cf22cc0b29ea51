package dev.notebay.reliability.history;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * The states of {@link dev.notebay.scheduler.core.session.SessionState} with what its owner does
 * not see of them, and the ways between them. Every way is one new version of the session.
 */
enum Stage {
  QUEUED(Phase.QUEUED),
  /** Starting, and not claimed: may still go back into the queue. */
  UNCLAIMED(Phase.STARTING),
  CLAIMED(Phase.STARTING),
  RUNNING(Phase.RUNNING),
  STOPPING(Phase.STOPPING),
  /** Over, and the volume may still be held. */
  HOLDING(Phase.ENDED),
  ENDED(Phase.ENDED);

  private final Phase phase;

  Stage(Phase phase) {
    this.phase = phase;
  }

  Phase phase() {
    return phase;
  }

  /** Where one change leads, whoever makes it. */
  Set<Stage> next() {
    return switch (this) {
      case QUEUED -> EnumSet.of(QUEUED, UNCLAIMED, HOLDING, ENDED);
      case UNCLAIMED -> EnumSet.of(QUEUED, CLAIMED, STOPPING);
      case CLAIMED -> EnumSet.of(RUNNING, STOPPING);
      case RUNNING -> EnumSet.of(RUNNING, STOPPING);
      case STOPPING -> EnumSet.of(HOLDING, ENDED);
      case HOLDING -> EnumSet.of(ENDED);
      case ENDED -> EnumSet.noneOf(Stage.class);
    };
  }

  /** Where exactly {@code changes} changes lead from any of {@code stages}. */
  static Set<Stage> after(Set<Stage> stages, long changes) {
    // The only cycles have one and two changes, so that beyond all ways without a cycle only
    // whether the number is even makes a difference.
    long beyond = 2L * values().length;
    Set<Stage> reached = stages;
    for (long left = changes <= beyond ? changes : beyond + changes % 2; left > 0; left--) {
      Set<Stage> further = EnumSet.noneOf(Stage.class);
      reached.forEach(stage -> further.addAll(stage.next()));
      reached = further;
    }
    return Collections.unmodifiableSet(reached);
  }

  /** Where at most {@code changes} changes lead. */
  static Set<Stage> within(Set<Stage> stages, long changes) {
    Set<Stage> reached = EnumSet.noneOf(Stage.class);
    for (long count = 0; count <= Math.min(changes, values().length); count++) {
      reached.addAll(after(stages, count));
    }
    return Collections.unmodifiableSet(reached);
  }

  /** Those of {@code stages} that the owner sees as {@code phase}. */
  static Set<Stage> in(Phase phase, Set<Stage> stages) {
    Set<Stage> those = EnumSet.noneOf(Stage.class);
    stages.stream().filter(stage -> stage.phase() == phase).forEach(those::add);
    return Collections.unmodifiableSet(those);
  }
}
