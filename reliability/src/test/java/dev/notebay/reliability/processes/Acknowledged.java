package dev.notebay.reliability.processes;

import dev.notebay.proto.session.v1.Session;
import dev.notebay.proto.session.v1.Session.State;
import dev.notebay.reliability.processes.Outside.Row;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What services have promised to clients by answering, and whether every later answer and row keeps
 * it.
 *
 * <ol>
 *   <li>A session that was made is there for ever, and one request makes one.
 *   <li>One whose end was accepted is ending or over from then on; one that is over stays so, for
 *       the same reason.
 *   <li>Versions never go back: what was answered before a call began is known to its answer.
 * </ol>
 */
final class Acknowledged {
  private static final Set<State> ENDING =
      Set.of(State.STATE_STOPPING, State.STATE_STOPPED, State.STATE_FAILED);
  private static final Set<State> OVER = Set.of(State.STATE_STOPPED, State.STATE_FAILED);

  private final Map<UUID, String> made = new HashMap<>();
  private final Map<String, Known> sessions = new HashMap<>();
  private final List<String> violations = new ArrayList<>();
  private int count;

  /** What is known of a session, of all that was answered up to a moment. */
  record Known(long version, boolean ending, boolean over, Session.Reason reason) {}

  private static final Known NOTHING =
      new Known(0, false, false, Session.Reason.REASON_UNSPECIFIED);

  /** What an answer to a call that begins now must at least know of a session. */
  synchronized Known atLeast(String name) {
    return sessions.getOrDefault(name, NOTHING);
  }

  /** A request to make a session was answered. */
  synchronized void created(UUID request, Session answer) {
    String before = made.putIfAbsent(request, answer.getName());
    if (before != null && !before.equals(answer.getName())) {
      violations.add(
          "one request, two sessions: " + request + " made " + before + " and " + answer.getName());
    }
    count++;
    learn(answer, NOTHING);
  }

  /** An end was accepted. */
  synchronized void stopped(Session answer, Known before) {
    if (!ENDING.contains(answer.getState())) {
      violations.add("stopped, but answered as " + answer.getState() + ": " + answer.getName());
    }
    count++;
    learn(answer, before);
  }

  /**
   * A session was read.
   *
   * @param before what was known when the call began
   */
  synchronized void read(Session answer, Known before) {
    learn(answer, before);
  }

  private void learn(Session answer, Known before) {
    String name = answer.getName();
    long version = Long.parseLong(answer.getEtag());
    boolean ending = ENDING.contains(answer.getState());
    boolean over = OVER.contains(answer.getState());
    if (version < before.version()
        || (before.ending() && !ending)
        || (before.over() && (!over || before.reason() != answer.getReason()))) {
      violations.add(
          "undone: "
              + name
              + " was "
              + before
              + " and is at version "
              + version
              + " "
              + answer.getState()
              + " "
              + answer.getReason());
    }
    Known known = sessions.getOrDefault(name, NOTHING);
    sessions.put(
        name,
        new Known(
            Math.max(known.version(), version),
            known.ending() || ending,
            known.over() || over,
            known.over() ? known.reason() : answer.getReason()));
  }

  /** An acknowledged session was not found. */
  synchronized void lost(String name) {
    violations.add("lost: " + name);
  }

  /** Compares with what the database has now, which is after all that was answered. */
  synchronized List<String> violations(List<Row> rows) {
    List<String> wrong = new ArrayList<>(violations);
    Map<String, Row> there =
        rows.stream().collect(Collectors.toMap(row -> row.id().toString(), Function.identity()));
    made.forEach(
        (request, name) -> {
          Row row = there.get(id(name));
          if (row == null || !row.request().equals(request)) {
            wrong.add("lost: session " + name + " of request " + request + ": " + row);
          }
        });
    sessions.forEach(
        (name, known) -> {
          Row row = there.get(id(name));
          if (row == null
              || row.version() < known.version()
              || (known.ending() && !Set.of("STOPPING", "ENDED").contains(row.state()))
              || (known.over() && !row.state().equals("ENDED"))) {
            wrong.add("undone: " + name + " was known as " + known + ", its row is " + row);
          }
        });
    return wrong;
  }

  /** A session's id, which is the end of its name. */
  private static String id(String name) {
    return name.substring(name.lastIndexOf('/') + 1);
  }

  /** How many creations and ends were answered. */
  synchronized int count() {
    return count;
  }
}
