package dev.notebay.reliability.history;

import dev.notebay.scheduler.core.SchedulerException;
import dev.notebay.scheduler.core.SchedulerException.AdminRequired;
import dev.notebay.scheduler.core.SchedulerException.ClaimRefused;
import dev.notebay.scheduler.core.SchedulerException.ClusterUnavailable;
import dev.notebay.scheduler.core.SchedulerException.EtagMismatch;
import dev.notebay.scheduler.core.SchedulerException.Impossible;
import dev.notebay.scheduler.core.SchedulerException.InvalidField;
import dev.notebay.scheduler.core.SchedulerException.QueueInUse;
import dev.notebay.scheduler.core.SchedulerException.QueueNotFound;
import dev.notebay.scheduler.core.SchedulerException.RequestIdReused;
import dev.notebay.scheduler.core.SchedulerException.SessionNotFound;
import dev.notebay.scheduler.core.SchedulerException.StoreUnavailable;
import dev.notebay.scheduler.core.SchedulerException.TooManySessions;
import dev.notebay.scheduler.core.SchedulerException.WrongState;
import dev.notebay.scheduler.core.request.SessionView;
import java.util.List;
import java.util.Optional;

/** What a {@link SessionCall} can be answered with. */
public sealed interface SessionAnswer {
  /** The session afterwards. */
  record One(Sighting session) implements SessionAnswer {}

  record Many(List<Sighting> sessions) implements SessionAnswer {
    public Many {
      sessions = List.copyOf(sessions);
    }
  }

  /** Refused for certain: nothing was changed. */
  record Refused(Refusal why) implements SessionAnswer {}

  /** The session is in a phase in which this cannot be done. Nothing was changed. */
  record InWrongPhase(Phase phase) implements SessionAnswer {}

  /** Why a call changed nothing. */
  enum Refusal {
    NOT_FOUND,
    ETAG_MISMATCH,
    REQUEST_ID_REUSED,
    TOO_MANY_SESSIONS,
    /** This fleet can never give it. */
    IMPOSSIBLE
  }

  static SessionAnswer of(SessionView view) {
    return new One(Sighting.of(view.session()));
  }

  static SessionAnswer of(List<SessionView> views) {
    return new Many(views.stream().map(view -> Sighting.of(view.session())).toList());
  }

  /** The answer that a failure is; empty where it leaves open whether the call was done. */
  static Optional<SessionAnswer> of(SchedulerException failure) {
    return switch (failure) {
      case SessionNotFound _ -> Optional.of(new Refused(Refusal.NOT_FOUND));
      case EtagMismatch _ -> Optional.of(new Refused(Refusal.ETAG_MISMATCH));
      case RequestIdReused _ -> Optional.of(new Refused(Refusal.REQUEST_ID_REUSED));
      case TooManySessions _ -> Optional.of(new Refused(Refusal.TOO_MANY_SESSIONS));
      case Impossible _ -> Optional.of(new Refused(Refusal.IMPOSSIBLE));
      case WrongState wrong -> Optional.of(new InWrongPhase(Phase.labelled(wrong.state())));
      case StoreUnavailable _, ClusterUnavailable _ -> Optional.empty();
      case InvalidField _, ClaimRefused _, QueueNotFound _, QueueInUse _, AdminRequired _ ->
          throw new IllegalArgumentException("no answer to a session call", failure);
    };
  }
}
