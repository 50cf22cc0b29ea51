package dev.notebay.scheduler.config;

import static dev.notebay.scheduler.core.session.Sessions.ADA;
import static dev.notebay.scheduler.core.session.Sessions.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionEvent;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.Sessions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SessionChangesTest {
  private final List<Session> told = new ArrayList<>();
  private final List<SessionId> changed = new ArrayList<>();
  private final List<SessionId> over = new ArrayList<>();
  private final SessionChanges changes = new SessionChanges(told::add, changed::add, over::add);
  private final Session session = Sessions.queued(ADA, NOON);
  private final Session other = Sessions.queued(ADA, NOON);

  private void pass(Session... unfinished) {
    changed.clear();
    changes.passBegins();
    List.of(unfinished).forEach(changes::tell);
    changes.passEnds();
  }

  @Test
  void tellsOnOfEverySessionInEveryPass() {
    pass(session, other);
    pass(session);

    assertThat(told).containsExactly(session, other, session);
  }

  @Test
  void whatIsNewOrOfAnotherVersionHasChanged() {
    pass(session);
    assertThat(changed).containsExactly(session.id());
    pass(session, other);
    assertThat(changed).containsExactly(other.id());
    pass(session, other);
    assertThat(changed).isEmpty();

    Session stopped =
        session.on(new SessionEvent.StopAsked(EndReason.USER_REQUEST, "", NOON)).orElseThrow();
    pass(stopped, other);
    assertThat(changed).containsExactly(session.id());
  }

  @Test
  void whatIsNoMoreAmongTheUnfinishedIsOverAndHasChanged() {
    pass(session, other);
    pass(other);
    assertThat(changed).containsExactly(session.id());
    pass(other);

    assertThat(over).containsExactly(session.id());
    assertThat(changed).isEmpty();
  }

  @Test
  void aPassThatFailedHalfwayMakesNothingSeemOver() {
    pass(session, other);
    changes.passBegins();
    changes.tell(session);

    pass(session, other);

    assertThat(over).isEmpty();
    assertThat(changed).isEmpty();
  }
}
