package dev.notebay.scheduler.core.launch;

import dev.notebay.scheduler.core.session.EndReason;
import java.time.Instant;
import java.util.Optional;

/** A runtime as one look at the ground truth saw it. */
public sealed interface RuntimeView {
  RuntimeName name();

  /**
   * It is being started; something of it may run.
   *
   * @param since when the phase began
   * @param message for people: what is waited for, and what is in the way; may be empty
   * @param hopeless the reason to give up for at once, where waiting would change nothing
   */
  record Starting(
      RuntimeName name,
      StartPhase phase,
      Instant since,
      String message,
      Optional<EndReason> hopeless)
      implements RuntimeView {

    /** What happens now and what is in the way, for people. */
    public String explanation() {
      return message.isEmpty() ? phase.doing() : phase.doing() + ": " + message;
    }

    /**
     * Whether to give up.
     *
     * @param watchedSince what was slow while nobody looked is given its time again
     * @return why, and empty while there is hope
     */
    public Optional<GivenUp> givenUp(Instant watchedSince, Instant now) {
      if (hopeless.isPresent()) {
        return Optional.of(new GivenUp(hopeless.get(), message));
      }
      Instant from = since.isAfter(watchedSince) ? since : watchedSince;
      if (!now.isAfter(from.plus(phase.limit()))) {
        return Optional.empty();
      }
      return Optional.of(
          new GivenUp(
              phase.overdue(),
              phase.trouble()
                  + " within "
                  + phase.limit().toSeconds()
                  + " s"
                  + (message.isEmpty() ? "" : ": " + message)));
    }
  }

  /** Why a start is given up. */
  record GivenUp(EndReason reason, String message) {}

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
