package dev.notebay.scheduler.core.launch;

import dev.notebay.scheduler.core.session.EndReason;
import java.time.Instant;

/** A runtime as one look at the ground truth saw it. */
public sealed interface RuntimeView {
  RuntimeName name();

  /** Something of it runs, or may still run. */
  record Running(RuntimeName name) implements RuntimeView {}

  /**
   * Nothing of it runs any more; what it left behind can be removed.
   *
   * @param reason why, as far as it told
   * @param message for people: exit code, signal, last words
   */
  record Ended(RuntimeName name, EndReason reason, String message, Instant at)
      implements RuntimeView {}
}
