package dev.notebay.reliability.history;

import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import dev.notebay.scheduler.core.session.SessionState.Running;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import dev.notebay.scheduler.core.session.SessionState.Stopping;
import dev.notebay.scheduler.core.session.SessionStore;
import java.time.Instant;
import java.util.Optional;

/**
 * One session as one answer shows it.
 *
 * @param reason why it ends or ended; present exactly then
 * @param extendUntil to the microsecond, as it is kept
 */
public record Sighting(
    SessionId id,
    Owner owner,
    long version,
    Phase phase,
    Optional<EndReason> reason,
    Optional<Instant> extendUntil) {
  public Sighting {
    if (reason.isPresent() != phase.isEnding()) {
      throw new IllegalArgumentException(
          "reason: " + reason + " (expected: present exactly when it ends, not " + phase + ")");
    }
    extendUntil = extendUntil.map(SessionStore::kept);
  }

  public static Sighting of(Session session) {
    Optional<EndReason> reason =
        switch (session.state()) {
          case Queued _, Starting _, Running _ -> Optional.empty();
          case Stopping(_, var why, _, _) -> Optional.of(why);
          case Ended(var why, _, _, _) -> Optional.of(why);
        };
    return new Sighting(
        session.id(),
        session.owner(),
        session.version(),
        Phase.of(session.state()),
        reason,
        session.extendUntil());
  }

  @Override
  public String toString() {
    return id
        + " of "
        + owner
        + " v"
        + version
        + " "
        + phase
        + reason.map(why -> " for " + why).orElse("")
        + extendUntil.map(until -> " extended until " + until).orElse("");
  }
}
