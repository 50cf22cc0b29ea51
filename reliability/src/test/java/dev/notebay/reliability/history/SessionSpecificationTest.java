package dev.notebay.reliability.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.reliability.history.SessionAnswer.InWrongPhase;
import dev.notebay.reliability.history.SessionAnswer.Many;
import dev.notebay.reliability.history.SessionAnswer.One;
import dev.notebay.reliability.history.SessionAnswer.Refusal;
import dev.notebay.reliability.history.SessionAnswer.Refused;
import dev.notebay.reliability.history.SessionCall.Create;
import dev.notebay.reliability.history.SessionCall.Extend;
import dev.notebay.reliability.history.SessionCall.Get;
import dev.notebay.reliability.history.SessionCall.ListAll;
import dev.notebay.reliability.history.SessionCall.Stop;
import dev.notebay.reliability.history.Verdict.Linearizable;
import dev.notebay.reliability.history.Verdict.Violation;
import dev.notebay.scheduler.core.Sessions;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.RequestKey;
import dev.notebay.scheduler.core.session.SessionId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class SessionSpecificationTest {
  private static final Owner ADA = Sessions.ADA;
  private static final Owner BOB = new Owner("bob");
  private static final SessionId FIRST = Sessions.id(1);
  private static final SessionId SECOND = Sessions.id(2);
  private static final Instant LATER = Sessions.NOON.plusSeconds(60);

  private final List<Operation<SessionCall, SessionAnswer>> history = new ArrayList<>();

  @Test
  void whatWasMadeIsFoundEverAfterByItsOwner() {
    answered(create(1), queued(FIRST));
    holdsWith(get(FIRST), queued(FIRST));
    holdsWith(new ListAll(ADA, true), new Many(List.of(seen(FIRST, 1, Phase.QUEUED))));
    failsWith(get(FIRST), new Refused(Refusal.NOT_FOUND));
    failsWith(new ListAll(ADA, true), new Many(List.of()));
  }

  @Test
  void nobodyElseFindsIt() {
    answered(create(1), queued(FIRST));
    holdsWith(new Get(BOB, FIRST), new Refused(Refusal.NOT_FOUND));
    failsWith(new Get(BOB, FIRST), queued(FIRST));
    failsWith(new ListAll(BOB, true), new Many(List.of(seen(FIRST, 1, Phase.QUEUED))));
  }

  @Test
  void oneRequestMakesOneSessionAndOneSessionHasOneRequest() {
    answered(create(1), queued(FIRST));
    holdsWith(create(1), one(FIRST, 2, Phase.STARTING));
    failsWith(create(1), queued(SECOND));
    failsWith(create(2), queued(FIRST));
    failsWith(create(1), new Refused(Refusal.TOO_MANY_SESSIONS));
    failsWith(create(1), new Refused(Refusal.IMPOSSIBLE));
    holdsWith(create(2), new Refused(Refusal.IMPOSSIBLE));
  }

  @Test
  void aRequestIdIsReusedOnlyWithAnotherRequest() {
    var other = new Create(ADA, new RequestKey(new UUID(0, 1), "other"));
    failsWith(other, new Refused(Refusal.REQUEST_ID_REUSED));
    answered(create(1), queued(FIRST));
    holdsWith(other, new Refused(Refusal.REQUEST_ID_REUSED));
    failsWith(other, queued(FIRST));
    failsWith(create(1), new Refused(Refusal.REQUEST_ID_REUSED));
  }

  @Test
  void aRequestWithoutAnAnswerMayHaveMadeOneSession() {
    lost(create(1));
    Sighting first = seen(FIRST, 1, Phase.QUEUED);
    Sighting second = seen(SECOND, 1, Phase.QUEUED);
    holdsWith(new ListAll(ADA, true), new Many(List.of()));
    holdsWith(new ListAll(ADA, true), new Many(List.of(first)));
    failsWith(new ListAll(ADA, true), new Many(List.of(first, second)));
    answered(new ListAll(ADA, true), new Many(List.of(first)));
    holdsWith(create(1), new One(first));
    failsWith(create(1), new One(second));
    failsWith(create(2), new One(first));
    holdsWith(create(2), new One(second));
    failsWith(new ListAll(ADA, true), new Many(List.of()));
  }

  @Test
  void aVersionNeverComesBackAndShowsTheSameAlways() {
    answered(create(1), queued(FIRST));
    answered(get(FIRST), one(FIRST, 2, Phase.STARTING));
    holdsWith(get(FIRST), one(FIRST, 2, Phase.STARTING));
    failsWith(get(FIRST), queued(FIRST));
    failsWith(get(FIRST), one(FIRST, 2, Phase.QUEUED));
  }

  @Test
  void aSessionGoesOnlyTheWaysOfItsLife() {
    answered(create(1), queued(FIRST));
    holdsWith(get(FIRST), one(FIRST, 4, Phase.RUNNING));
    holdsWith(get(FIRST), one(FIRST, 5, Phase.RUNNING));
    failsWith(get(FIRST), one(FIRST, 3, Phase.RUNNING));
    holdsWith(get(FIRST), one(FIRST, 3, Phase.QUEUED));
    holdsWith(get(FIRST), one(FIRST, 2, Phase.QUEUED));
    answered(get(FIRST), one(FIRST, 4, Phase.RUNNING));
    failsWith(get(FIRST), one(FIRST, 6, Phase.QUEUED));
  }

  @Test
  void anAcknowledgedStopIsNeverUndone() {
    answered(create(1), queued(FIRST));
    answered(get(FIRST), one(FIRST, 4, Phase.RUNNING));
    failsWith(stop(FIRST), one(FIRST, 5, Phase.RUNNING));
    answered(stop(FIRST), ending(FIRST, 5, Phase.STOPPING, EndReason.USER_REQUEST));
    holdsWith(get(FIRST), ending(FIRST, 6, Phase.ENDED, EndReason.USER_REQUEST));
    holdsWith(stop(FIRST), ending(FIRST, 5, Phase.STOPPING, EndReason.USER_REQUEST));
    failsWith(get(FIRST), one(FIRST, 6, Phase.RUNNING));
    failsWith(get(FIRST), one(FIRST, 4, Phase.RUNNING));
    failsWith(get(FIRST), ending(FIRST, 6, Phase.ENDED, EndReason.NODE_LOST));
  }

  @Test
  void aSessionEndsForItsOwnersRequestOnlyAfterOne() {
    SessionAnswer stopped = ending(FIRST, 2, Phase.ENDED, EndReason.USER_REQUEST);
    answered(create(1), queued(FIRST));
    failsWith(get(FIRST), stopped);
    holdsWith(get(FIRST), ending(FIRST, 2, Phase.ENDED, EndReason.UNPLACEABLE));
    assertThat(check(new SessionSpecification(true), get(FIRST), stopped))
        .isInstanceOf(Linearizable.class);
    lost(stop(FIRST));
    holdsWith(get(FIRST), stopped);
    holdsWith(get(FIRST), queued(FIRST));
  }

  @Test
  void aStopWithAnEtagChangesThatVersionOnly() {
    answered(create(1), queued(FIRST));
    holdsWith(stop(FIRST, 1), ending(FIRST, 2, Phase.ENDED, EndReason.USER_REQUEST));
    failsWith(stop(FIRST, 1), ending(FIRST, 3, Phase.STOPPING, EndReason.USER_REQUEST));
    holdsWith(stop(FIRST, 7), new Refused(Refusal.ETAG_MISMATCH));
    answered(stop(FIRST, 1), new Refused(Refusal.ETAG_MISMATCH));
    failsWith(get(FIRST), queued(FIRST));
    holdsWith(get(FIRST), one(FIRST, 2, Phase.STARTING));
    answered(get(FIRST), ending(FIRST, 4, Phase.ENDED, EndReason.NODE_LOST));
    holdsWith(get(FIRST), ending(FIRST, 5, Phase.ENDED, EndReason.NODE_LOST));
    answered(get(FIRST), ending(FIRST, 5, Phase.ENDED, EndReason.NODE_LOST));
    failsWith(stop(FIRST, 5), new Refused(Refusal.ETAG_MISMATCH));
  }

  @Test
  void onlyARunningSessionIsExtendedAndNeverBack() {
    answered(create(1), queued(FIRST));
    holdsWith(extend(FIRST), new InWrongPhase(Phase.STARTING));
    failsWith(extend(FIRST), new InWrongPhase(Phase.RUNNING));
    answered(extend(FIRST), extended(FIRST, 5, LATER));
    holdsWith(get(FIRST), extended(FIRST, 6, LATER));
    failsWith(get(FIRST), one(FIRST, 6, Phase.RUNNING));
    failsWith(get(FIRST), extended(FIRST, 6, LATER.plusSeconds(1)));
    failsWith(extend(FIRST), extended(FIRST, 6, LATER.minusSeconds(1)));
    failsWith(extend(FIRST), extended(FIRST, 5, LATER.plusSeconds(1)));
    failsWith(extend(FIRST), new InWrongPhase(Phase.QUEUED));
    lost(extend(FIRST));
    holdsWith(get(FIRST), extended(FIRST, 6, LATER.plusSeconds(1)));
    failsWith(get(FIRST), extended(FIRST, 5, LATER.plusSeconds(1)));
    failsWith(get(FIRST), extended(FIRST, 6, LATER.minusSeconds(1)));
  }

  @Test
  void whatWasOverForOneCallIsOverForTheNext() {
    answered(create(1), queued(FIRST));
    answered(get(FIRST), one(FIRST, 4, Phase.RUNNING));
    answered(new ListAll(ADA, false), new Many(List.of()));
    failsWith(get(FIRST), one(FIRST, 5, Phase.RUNNING));
    failsWith(get(FIRST), ending(FIRST, 5, Phase.STOPPING, EndReason.NODE_LOST));
    holdsWith(get(FIRST), ending(FIRST, 6, Phase.ENDED, EndReason.NODE_LOST));
    failsWith(extend(FIRST), new InWrongPhase(Phase.STOPPING));
    holdsWith(extend(FIRST), new InWrongPhase(Phase.ENDED));
  }

  @Test
  void aListIsOneInstantsPicture() {
    Sighting newFirst = seen(FIRST, 2, Phase.STARTING);
    Sighting oldFirst = seen(FIRST, 1, Phase.QUEUED);
    Sighting newSecond = seen(SECOND, 2, Phase.STARTING);
    Sighting oldSecond = seen(SECOND, 1, Phase.QUEUED);
    answered(create(1), queued(FIRST));
    answered(create(2), queued(SECOND));
    history.add(at(1000, 1010, get(FIRST), new One(newFirst)));
    history.add(at(1020, 1030, get(SECOND), new One(oldSecond)));

    assertThat(checkListFrom990To1100(newFirst, newSecond)).isInstanceOf(Linearizable.class);
    assertThat(checkListFrom990To1100(newFirst, oldSecond)).isInstanceOf(Linearizable.class);
    assertThat(checkListFrom990To1100(oldFirst, oldSecond)).isInstanceOf(Linearizable.class);
    assertThat(checkListFrom990To1100(oldFirst, newSecond)).isInstanceOf(Violation.class);
    assertThat(checkListFrom990To1100(newFirst, newFirst)).isInstanceOf(Violation.class);
  }

  private Verdict<SessionCall, SessionAnswer> checkListFrom990To1100(Sighting... sessions) {
    List<Operation<SessionCall, SessionAnswer>> all = new ArrayList<>(history);
    all.add(at(990, 1100, new ListAll(ADA, true), new Many(List.of(sessions))));
    return Linearizability.check(new SessionSpecification(false), all, 10_000);
  }

  private void answered(SessionCall call, SessionAnswer answer) {
    history.add(at(10L * history.size(), 10L * history.size() + 1, call, answer));
  }

  private void lost(SessionCall call) {
    history.add(
        new Operation<>("lost", call, Optional.empty(), 10L * history.size(), Operation.NEVER));
  }

  private void holdsWith(SessionCall call, SessionAnswer answer) {
    assertThat(check(new SessionSpecification(false), call, answer))
        .isInstanceOf(Linearizable.class);
  }

  private void failsWith(SessionCall call, SessionAnswer answer) {
    assertThat(check(new SessionSpecification(false), call, answer)).isInstanceOf(Violation.class);
  }

  private Verdict<SessionCall, SessionAnswer> check(
      SessionSpecification specification, SessionCall call, SessionAnswer answer) {
    List<Operation<SessionCall, SessionAnswer>> all = new ArrayList<>(history);
    all.add(at(5000, 5001, call, answer));
    return Linearizability.check(specification, all, 10_000);
  }

  private static Operation<SessionCall, SessionAnswer> at(
      long invoked, long returned, SessionCall call, SessionAnswer answer) {
    return new Operation<>("client", call, Optional.of(answer), invoked, returned);
  }

  private static Create create(int number) {
    return new Create(ADA, new RequestKey(new UUID(0, number), "usual"));
  }

  private static Get get(SessionId id) {
    return new Get(ADA, id);
  }

  private static Stop stop(SessionId id) {
    return new Stop(ADA, id, Optional.empty());
  }

  private static Stop stop(SessionId id, long version) {
    return new Stop(ADA, id, Optional.of(Long.toString(version)));
  }

  private static Extend extend(SessionId id) {
    return new Extend(ADA, id);
  }

  private static SessionAnswer queued(SessionId id) {
    return one(id, 1, Phase.QUEUED);
  }

  private static SessionAnswer one(SessionId id, long version, Phase phase) {
    return new One(seen(id, version, phase));
  }

  private static Sighting seen(SessionId id, long version, Phase phase) {
    return new Sighting(id, ADA, version, phase, Optional.empty(), Optional.empty());
  }

  private static SessionAnswer ending(SessionId id, long version, Phase phase, EndReason reason) {
    return new One(new Sighting(id, ADA, version, phase, Optional.of(reason), Optional.empty()));
  }

  private static SessionAnswer extended(SessionId id, long version, Instant until) {
    return new One(
        new Sighting(id, ADA, version, Phase.RUNNING, Optional.empty(), Optional.of(until)));
  }
}
