package dev.notebay.scheduler.core.session;

import static dev.notebay.scheduler.core.session.Sessions.ADA;
import static dev.notebay.scheduler.core.session.Sessions.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class UnfinishedSessionsTest {
  private final List<SessionId> changed = new ArrayList<>();
  private final List<SessionId> over = new ArrayList<>();
  private final InMemorySessionStore store = new InMemorySessionStore();
  private final UnfinishedSessions unfinished = watching();

  private UnfinishedSessions watching() {
    return new UnfinishedSessions(store, session -> changed.add(session.id()), over::add);
  }

  private Session insertOne() {
    Session session = Sessions.queued(ADA, NOON);
    store.insert(session, Sessions.key(), Integer.MAX_VALUE);
    return session;
  }

  private Session written(Session session, SessionState state) {
    Session next = Sessions.in(session, state);
    store.replace(next);
    return next;
  }

  private void refresh() {
    changed.clear();
    over.clear();
    unfinished.refresh();
  }

  @Test
  void knowsWhoWaitsAndWhoDoesNot() {
    Session waits = insertOne();
    Session placed =
        written(
            insertOne(),
            new Starting(new Assignment("node", "none", List.of(), NOON), Optional.empty()));
    refresh();

    assertThat(unfinished.waiting()).containsExactly(waits);
    assertThat(unfinished.placed()).containsExactly(placed);
    assertThat(unfinished.copy()).containsExactlyInAnyOrder(waits, placed);
    assertThat(unfinished.find(waits.id())).contains(waits);
  }

  @Test
  void tellsOnceWhichPlacedOnesHaveChanged() {
    Session waits = insertOne();
    var assignment = new Assignment("node", "none", List.of(), NOON);
    Session placed = written(insertOne(), new Starting(assignment, Optional.empty()));
    refresh();

    assertThat(unfinished.placedSince()).containsExactly(placed);
    assertThat(unfinished.placedSince()).isEmpty();

    Session now = written(waits, new Starting(assignment, Optional.empty()));
    refresh();
    assertThat(unfinished.placedSince()).containsExactly(now);
  }

  @Test
  void tellsOnceOfEveryChange() {
    Session first = insertOne();
    Session second = insertOne();
    refresh();
    assertThat(changed).containsExactlyInAnyOrder(first.id(), second.id());
    refresh();
    assertThat(changed).isEmpty();

    written(first, new Ended(EndReason.USER_REQUEST, "", NOON, true));
    refresh();

    assertThat(changed).containsExactly(first.id());
    assertThat(over).isEmpty();
  }

  @Test
  void whatIsOverLeavesAndIsToldOf() {
    Session session = insertOne();
    refresh();
    written(session, new Ended(EndReason.USER_REQUEST, "", NOON, false));
    refresh();

    assertThat(over).containsExactly(session.id());
    assertThat(changed).containsExactly(session.id());
    assertThat(unfinished.copy()).isEmpty();
    assertThat(unfinished.find(session.id())).isEmpty();
    refresh();
    assertThat(over).isEmpty();
  }

  @Test
  void followsAStoreThatWasSetBack() {
    var history = new SetBack();
    var followed = new UnfinishedSessions(history, session -> changed.add(session.id()), over::add);
    Session stays = Sessions.queued(ADA, NOON);
    Session later = Sessions.in(stays, new Ended(EndReason.USER_REQUEST, "", NOON, true));
    Session vanishes = Sessions.queued(ADA, NOON);
    history.present = List.of(later, vanishes);
    followed.refresh();
    changed.clear();

    history.present = List.of(stays);
    followed.refresh();

    assertThat(followed.copy()).containsExactly(stays);
    assertThat(over).containsExactly(vanishes.id());
    assertThat(changed).containsExactly(stays.id());
  }

  /** Of a history of its own at every read. */
  private static final class SetBack extends ForwardingSessionStore {
    private List<Session> present = List.of();

    SetBack() {
      super(new InMemorySessionStore());
    }

    @Override
    public Changes changes(Changes.Mark since) {
      return new Changes(present, true, since);
    }
  }
}
