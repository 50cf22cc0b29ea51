package dev.notebay.scheduler.config;

import dev.notebay.scheduler.core.launch.AgentLinks;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionId;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Finds out which sessions any replica has changed since the last pass of the loop: every pass
 * tells of every unfinished session ({@link #tell}), and one that is told of no more is over. For
 * one thread.
 */
final class SessionChanges implements AgentLinks {
  private final AgentLinks links;
  private final Consumer<SessionId> changed;
  private final Consumer<SessionId> over;
  private Map<SessionId, Long> before = Map.of();
  private Map<SessionId, Long> present = new HashMap<>();

  /**
   * @param links told of the same
   * @param changed told of every session that is another than in the last pass, also if it is over
   * @param over told of every session that is no more among the unfinished
   */
  SessionChanges(AgentLinks links, Consumer<SessionId> changed, Consumer<SessionId> over) {
    this.links = links;
    this.changed = changed;
    this.over = over;
  }

  void passBegins() {
    present = new HashMap<>();
  }

  @Override
  public void tell(Session session) {
    present.put(session.id(), session.version());
    links.tell(session);
  }

  /** All unfinished sessions have been told of; not to be called after a pass that failed. */
  void passEnds() {
    present.forEach(
        (id, version) -> {
          if (!version.equals(before.get(id))) {
            changed.accept(id);
          }
        });
    for (SessionId id : before.keySet()) {
      if (!present.containsKey(id)) {
        over.accept(id);
        changed.accept(id);
      }
    }
    before = present;
  }
}
