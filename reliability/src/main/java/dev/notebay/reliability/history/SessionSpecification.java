package dev.notebay.reliability.history;

import dev.notebay.reliability.history.SessionAnswer.InWrongPhase;
import dev.notebay.reliability.history.SessionAnswer.Many;
import dev.notebay.reliability.history.SessionAnswer.One;
import dev.notebay.reliability.history.SessionAnswer.Refused;
import dev.notebay.reliability.history.SessionCall.Create;
import dev.notebay.reliability.history.SessionCall.Extend;
import dev.notebay.reliability.history.SessionCall.Get;
import dev.notebay.reliability.history.SessionCall.ListAll;
import dev.notebay.reliability.history.SessionCall.Stop;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What {@link dev.notebay.scheduler.core.request.SessionRequests} promises its callers, while the
 * control plane changes sessions between any two calls:
 *
 * <ul>
 *   <li>One request id makes one session, and one session has one request. A session that was shown
 *       once is found ever after, by its owner and by nobody else.
 *   <li>A version never comes back, the same version shows the same, and from version to version a
 *       session only goes the ways of {@link Stage}. So what ends goes on ending, for the same
 *       reason.
 *   <li>Only a stop of its owner's ends a session for {@code USER_REQUEST}, only an extension
 *       changes how long it is extended, and it never becomes shorter. A stop with an etag changes
 *       that version only.
 *   <li>A list is one instant's picture of all the owner's sessions.
 *   <li>What was refused changed nothing.
 * </ul>
 *
 * <p>A person is one part of the history: lists and request ids tie all sessions of a person
 * together, and nothing ties two people. That is stricter than a part for each session, where a
 * list would be as many reads as it has rows, and stays tractable, because a person has few calls
 * open at a time and a call without an answer never has to be tried both ways: all that it leaves
 * behind is that something may happen.
 *
 * <p>What a fleet can give and how many sessions a person may have is not part of it: those
 * refusals are allowed for every request that has not been answered before.
 *
 * @param runtimesEnd whether runtimes may ask for their own end in their owner's name, which is not
 *     in the history
 */
public record SessionSpecification(boolean runtimesEnd)
    implements Specification<PersonsSessions, SessionCall, SessionAnswer> {

  @Override
  public PersonsSessions initial() {
    return PersonsSessions.NONE;
  }

  @Override
  public boolean unknownOnlyWidens() {
    return true;
  }

  @Override
  public Collection<List<Operation<SessionCall, SessionAnswer>>> parts(
      List<Operation<SessionCall, SessionAnswer>> history) {
    return history.stream()
        .collect(
            Collectors.groupingBy(
                operation -> operation.input().owner(), LinkedHashMap::new, Collectors.toList()))
        .values();
  }

  @Override
  public Collection<PersonsSessions> step(
      PersonsSessions state, SessionCall call, Optional<SessionAnswer> answer) {
    return answer
        .map(given -> answered(state, call, given))
        .orElseGet(() -> Optional.of(unanswered(state, call)))
        .stream()
        .toList();
  }

  private static PersonsSessions unanswered(PersonsSessions state, SessionCall call) {
    return switch (call) {
      case Create create -> state.perhapsCreated(create);
      case Stop(_, var id, _) ->
          state.changed(id, known -> Optional.of(known.perhapsStopped())).orElse(state);
      case Extend(_, var id) ->
          state.changed(id, known -> Optional.of(known.perhapsExtended())).orElse(state);
      case Get _, ListAll _ -> state;
    };
  }

  private Optional<PersonsSessions> answered(
      PersonsSessions state, SessionCall call, SessionAnswer answer) {
    return switch (answer) {
      case One(var seen) when seen.owner().equals(call.owner()) -> shown(state, call, seen);
      case Many(var all)
          when call instanceof ListAll(var owner, var withEnded)
              && all.stream().allMatch(seen -> seen.owner().equals(owner)) ->
          state.listed(all, withEnded, runtimesEnd);
      case InWrongPhase(var phase)
          when call instanceof Extend(_, var id) && phase != Phase.RUNNING ->
          state.changed(id, known -> known.in(phase));
      case Refused(var why) -> refused(state, call, why);
      case One _, Many _, InWrongPhase _ -> Optional.empty();
    };
  }

  private Optional<PersonsSessions> shown(PersonsSessions state, SessionCall call, Sighting seen) {
    return switch (call) {
      case Create(_, var key) -> state.created(key, seen, runtimesEnd);
      case Get(_, var id) when id.equals(seen.id()) -> state.sighted(seen, runtimesEnd);
      case Stop(_, var id, var etag) when id.equals(seen.id()) ->
          state.changed(id, known -> known.stopped(seen, etag, runtimesEnd));
      case Extend(_, var id) when id.equals(seen.id()) ->
          state.changed(id, known -> known.extended(seen, runtimesEnd));
      case Get _, Stop _, Extend _, ListAll _ -> Optional.empty();
    };
  }

  private static Optional<PersonsSessions> refused(
      PersonsSessions state, SessionCall call, SessionAnswer.Refusal why) {
    return switch (why) {
      case NOT_FOUND -> Optional.of(state).filter(_ -> !isShown(state, call));
      case ETAG_MISMATCH ->
          call instanceof Stop(_, var id, var etag) && etag.isPresent()
              ? state.changed(id, known -> known.changedFrom(etag.get()))
              : Optional.empty();
      case REQUEST_ID_REUSED ->
          Optional.of(state)
              .filter(_ -> call instanceof Create(_, var key) && state.isPerhapsReused(key));
      case TOO_MANY_SESSIONS, IMPOSSIBLE ->
          Optional.of(state)
              .filter(
                  _ -> call instanceof Create(_, var key) && !state.made().containsKey(key.id()));
    };
  }

  private static boolean isShown(PersonsSessions state, SessionCall call) {
    return switch (call) {
      case Get(_, var id) -> state.sessions().containsKey(id);
      case Stop(_, var id, _) -> state.sessions().containsKey(id);
      case Extend(_, var id) -> state.sessions().containsKey(id);
      // Neither asks for a session, so nothing can be missing.
      case Create _, ListAll _ -> true;
    };
  }
}
