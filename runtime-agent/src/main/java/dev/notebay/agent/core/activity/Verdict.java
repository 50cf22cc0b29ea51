package dev.notebay.agent.core.activity;

import java.time.Duration;
import java.util.Optional;

/** What a look at the kernels means for the session. */
public sealed interface Verdict {
  /**
   * Used, and no end is near.
   *
   * @param why for people
   * @param next the end that comes even if it stays active
   */
  record Active(String why, Optional<Ending> next) implements Verdict {}

  /**
   * Not used.
   *
   * @param since when it was last active
   * @param next the end that comes if it stays idle
   */
  record Idle(Duration since, Optional<Ending> next) implements Verdict {}

  /**
   * An end is near: clients must know.
   *
   * @param active whether the session is used, which does not keep {@link Cause#MAX_LIFETIME} away
   */
  record Warn(boolean active, Duration since, Ending next) implements Verdict {}

  /** It ends now. */
  record Cut(Duration since, Cause cause) implements Verdict {}

  /** Nobody knows, which is never idle. */
  record Unknown(String why, Optional<Ending> next) implements Verdict {}
}
