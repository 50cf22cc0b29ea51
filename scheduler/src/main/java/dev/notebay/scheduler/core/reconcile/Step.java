package dev.notebay.scheduler.core.reconcile;

import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.session.Session;

/** One idempotent step from what is towards what should be. */
public sealed interface Step {
  /** Write the session, unless it has changed since the view. */
  record Write(Session next) implements Step {}

  /** Mount the session's volume and begin to start its runtime. */
  record Start(Session session) implements Step {}

  /**
   * Write that nothing of the session's runtime runs any more, if that is so: what the view says
   * may have been long ago.
   */
  record WriteIfGone(RuntimeName runtime, Session next) implements Step {}

  /** End the runtime by force. */
  record Terminate(RuntimeName runtime) implements Step {}

  /** Have the storage gateway forget the ended session's mounts, and note that it has. */
  record ReleaseVolume(Session session) implements Step {}

  /** Remove what an ended runtime left behind. */
  record Remove(RuntimeName runtime) implements Step {}
}
