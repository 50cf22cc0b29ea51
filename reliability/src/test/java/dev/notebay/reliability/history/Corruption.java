package dev.notebay.reliability.history;

import dev.notebay.reliability.history.SessionAnswer.Many;
import dev.notebay.reliability.history.SessionAnswer.One;
import dev.notebay.reliability.history.SessionAnswer.Refusal;
import dev.notebay.reliability.history.SessionAnswer.Refused;
import dev.notebay.reliability.history.SessionCall.Create;
import dev.notebay.reliability.history.SessionCall.Extend;
import dev.notebay.reliability.history.SessionCall.Get;
import dev.notebay.reliability.history.SessionCall.ListAll;
import dev.notebay.reliability.history.SessionCall.Stop;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.SessionId;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * A way to spoil one answer of a history, so that it contradicts one that was given before. Each
 * looks at an operation, and at one that began after that was answered, and says what to answer
 * there instead, if it applies to the two.
 */
enum Corruption {
  ACKNOWLEDGED_SESSION_NOT_FOUND {
    @Override
    Optional<SessionAnswer> spoilt(Call before, Call after) {
      return before.call() instanceof Create && after.isAnotherGetOf(before)
          ? Optional.of(new Refused(Refusal.NOT_FOUND))
          : Optional.empty();
    }
  },
  ACKNOWLEDGED_SESSION_NOT_LISTED {
    @Override
    Optional<SessionAnswer> spoilt(Call before, Call after) {
      return before.call() instanceof Create
              && before.session().isPresent()
              && after.answer() instanceof Many(var all)
              && after.call() instanceof ListAll(var owner, var withEnded)
              && withEnded
              && owner.equals(before.call().owner())
          ? Optional.of(
              new Many(
                  all.stream().filter(each -> !each.id().equals(before.shown().id())).toList()))
          : Optional.empty();
    }
  },
  VERSION_GOES_BACK {
    @Override
    Optional<SessionAnswer> spoilt(Call before, Call after) {
      return after.isAnotherGetOf(before) && before.shown().version() > 1
          ? Optional.of(shown(before.shown(), -1, before.shown().phase()))
          : Optional.empty();
    }
  },
  SAME_VERSION_SHOWS_ANOTHER_PHASE {
    @Override
    Optional<SessionAnswer> spoilt(Call before, Call after) {
      return after.isAnotherGetOf(before)
          ? Optional.of(
              shown(
                  before.shown(),
                  0,
                  before.shown().phase() == Phase.ENDED ? Phase.RUNNING : Phase.ENDED))
          : Optional.empty();
    }
  },
  STOP_IS_UNDONE {
    @Override
    Optional<SessionAnswer> spoilt(Call before, Call after) {
      return before.call() instanceof Stop && after.isAnotherGetOf(before)
          ? Optional.of(shown(before.shown(), 1, Phase.RUNNING))
          : Optional.empty();
    }
  },
  ONE_REQUEST_MAKES_TWO_SESSIONS {
    @Override
    Optional<SessionAnswer> spoilt(Call before, Call after) {
      return before.call() instanceof Create
              && before.session().isPresent()
              && after.session().isPresent()
              && after.call().equals(before.call())
          ? Optional.of(
              new One(
                  new Sighting(
                      new SessionId(new UUID(7, 7)),
                      before.call().owner(),
                      1,
                      Phase.QUEUED,
                      Optional.empty(),
                      Optional.empty())))
          : Optional.empty();
    }
  },
  EXTENSION_IS_FORGOTTEN {
    @Override
    Optional<SessionAnswer> spoilt(Call before, Call after) {
      return before.call() instanceof Extend && after.isAnotherGetOf(before)
          ? after
              .session()
              .map(
                  now ->
                      new One(
                          new Sighting(
                              now.id(),
                              now.owner(),
                              now.version(),
                              now.phase(),
                              now.reason(),
                              Optional.empty())))
          : Optional.empty();
    }
  },
  SHOWN_TO_SOMEBODY_ELSE {
    @Override
    Optional<SessionAnswer> spoilt(Call before, Call after) {
      return before.session().isPresent()
              && after.call() instanceof Get
              && after.answer() instanceof Refused
          ? Optional.of(new One(before.shown()))
          : Optional.empty();
    }
  };

  abstract Optional<SessionAnswer> spoilt(Call before, Call after);

  /** One of the spoilt histories, if there is any. */
  Optional<List<Operation<SessionCall, SessionAnswer>>> spoil(
      List<Operation<SessionCall, SessionAnswer>> history, SplittableRandom random) {
    record Spoilt(Operation<SessionCall, SessionAnswer> operation, SessionAnswer answer) {}
    List<Spoilt> all =
        answered(history)
            .flatMap(
                before ->
                    answered(history)
                        .filter(after -> after.invoked() > before.returned())
                        .flatMap(
                            after ->
                                spoilt(Call.of(before), Call.of(after)).stream()
                                    .map(answer -> new Spoilt(after, answer))))
            .toList();
    return Optional.of(all)
        .filter(some -> !some.isEmpty())
        .map(some -> some.get(random.nextInt(some.size())))
        .map(chosen -> with(history, chosen.operation(), chosen.answer()));
  }

  private static Stream<Operation<SessionCall, SessionAnswer>> answered(
      List<Operation<SessionCall, SessionAnswer>> history) {
    return history.stream().filter(each -> each.output().isPresent());
  }

  private static List<Operation<SessionCall, SessionAnswer>> with(
      List<Operation<SessionCall, SessionAnswer>> history,
      Operation<SessionCall, SessionAnswer> spoilt,
      SessionAnswer answer) {
    return history.stream()
        .map(
            each ->
                each == spoilt
                    ? new Operation<>(
                        each.client(),
                        each.input(),
                        Optional.of(answer),
                        each.invoked(),
                        each.returned())
                    : each)
        .toList();
  }

  private static SessionAnswer shown(Sighting before, int later, Phase phase) {
    return new One(
        new Sighting(
            before.id(),
            before.owner(),
            before.version() + later,
            phase,
            phase.isEnding()
                ? before.reason().or(() -> Optional.of(EndReason.NODE_LOST))
                : Optional.empty(),
            before.extendUntil()));
  }

  /** A call that was answered. */
  record Call(SessionCall call, SessionAnswer answer) {
    private static Call of(Operation<SessionCall, SessionAnswer> operation) {
      return new Call(operation.input(), operation.output().orElseThrow());
    }

    /** What it showed, if that was one session. */
    Optional<Sighting> session() {
      return answer instanceof One(var session) ? Optional.of(session) : Optional.empty();
    }

    private Sighting shown() {
      return session().orElseThrow();
    }

    boolean isAnotherGetOf(Call before) {
      return call instanceof Get(_, var id)
          && answer instanceof One
          && before.session().filter(shown -> shown.id().equals(id)).isPresent();
    }
  }
}
