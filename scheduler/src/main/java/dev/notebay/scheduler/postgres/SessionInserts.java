package dev.notebay.scheduler.postgres;

import dev.notebay.scheduler.core.session.Kept;
import dev.notebay.scheduler.core.session.RequestKey;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionStore;
import dev.notebay.scheduler.core.session.SessionStore.Insertion;
import dev.notebay.scheduler.core.session.SessionStore.Insertion.Inserted;
import dev.notebay.scheduler.core.session.SessionStore.Insertion.KeyReused;
import dev.notebay.scheduler.core.session.SessionStore.Insertion.Repeated;
import dev.notebay.scheduler.core.session.SessionStore.Insertion.TooMany;
import dev.notebay.scheduler.postgres.Transactions.Transaction;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Adds sessions, many in one transaction, each as if they came one after the other.
 *
 * <ol>
 *   <li>Their owners are locked, so that nobody else counts or adds sessions of theirs; always in
 *       the same order, so that two of these cannot deadlock.
 *   <li>What their requests made before is read, and how many sessions their owners have.
 *   <li>Each is decided on, those before it counted in, and what is new is written at once.
 * </ol>
 */
final class SessionInserts {
  /** Keeps this table's advisory locks apart from anybody else's. */
  private static final int OWNER_LOCK = 0x6e6f7465;

  /** As {@link SessionColumns} has them. */
  private static final String COLUMNS =
      """
      id, owner, request_id, request_digest, display_name,
      accelerator_types, accelerator_count, accelerator_milli, accelerator_memory_bytes,
      queue, priority, cpu_milli, memory_bytes, volume,
      idle_timeout_nanos, maximum_lifetime_nanos, warning_nanos,
      image, environment_names, environment_values, created,
      updated, attempt, policy_generation, extend_until,
      state, queued_since, held_back_until, held_back_why, start_by,
      node, assigned_type, devices, assigned_memory_bytes, assigned_memory_of, assigned_at,
      claimed_by, jupyter, ready_at, preempt_at,
      end_reason, end_message, stopping_since, ended_at, volume_held
      """;

  private static final List<String> ROW =
      Stream.of(SessionColumns.FIXED, SessionColumns.CHANGING).flatMap(List::stream).toList();

  private static final String INSERT =
      """
      INSERT INTO scheduler.session (
      %1$s, version)
      SELECT
        id, owner, request_id, request_digest, display_name,
        accelerator_types::text[], accelerator_count, accelerator_milli, accelerator_memory_bytes,
        queue, priority, cpu_milli, memory_bytes, volume,
        idle_timeout_nanos, maximum_lifetime_nanos, warning_nanos,
        image, environment_names::text[], environment_values::text[], created,
        updated, attempt, policy_generation, extend_until,
        state, queued_since, held_back_until, held_back_why, start_by,
        node, assigned_type, devices::text[], assigned_memory_bytes, assigned_memory_of, assigned_at,
        claimed_by, jupyter, ready_at, preempt_at,
        end_reason, end_message, stopping_since, ended_at, volume_held,
        1
      FROM unnest(%2$s) AS made (
      %1$s)
      """
          .formatted(COLUMNS, String.join(", ", Collections.nCopies(ROW.size(), "?")));

  private final Map<Made, Insertion> made = new HashMap<>();
  private final Map<Made, String> digests = new HashMap<>();
  private final Map<String, Long> unfinished = new HashMap<>();

  private SessionInserts() {}

  /** One call of {@link SessionStore#insert}. */
  record Request(Session session, RequestKey key, int maximumUnfinished) {
    private String owner() {
      return SessionStore.kept(session.owner().subject());
    }

    private String digest() {
      return SessionStore.kept(key.digest());
    }
  }

  private record Made(String owner, UUID request) {}

  /** What became of each, in the same order. */
  static List<Insertion> insert(Transaction transaction, List<Request> requests)
      throws SQLException {
    Object[] owners = requests.stream().map(Request::owner).distinct().toArray();
    lockOwners(transaction, owners);
    var present = new SessionInserts();
    present.readMade(transaction, requests);
    present.countUnfinished(transaction, owners);
    List<Insertion> insertions = new ArrayList<>();
    List<List<@Nullable Object>> rows = new ArrayList<>();
    for (Request request : requests) {
      Insertion insertion = present.decide(request);
      if (insertion instanceof Inserted) {
        rows.add(row(transaction, request));
      }
      insertions.add(insertion);
    }
    if (!rows.isEmpty()) {
      try (PreparedStatement insert = transaction.prepare(INSERT)) {
        new Parameters(transaction, insert).bindRows(ROW, rows);
        insert.executeUpdate();
      }
    }
    return insertions;
  }

  private static List<@Nullable Object> row(Transaction transaction, Request request)
      throws SQLException {
    List<@Nullable Object> row =
        new ArrayList<>(SessionColumns.fixed(transaction, request.session(), request.key()));
    row.addAll(SessionColumns.changing(transaction, request.session()));
    return row;
  }

  private static void lockOwners(Transaction transaction, Object[] owners) throws SQLException {
    try (PreparedStatement lock =
        transaction.prepare(
            """
            SELECT pg_advisory_xact_lock(?, owner) FROM (
              SELECT DISTINCT hashtext(name) AS owner FROM unnest(?) AS name ORDER BY owner)
            """)) {
      lock.setInt(1, OWNER_LOCK);
      lock.setArray(2, transaction.arrayOf("text", owners));
      lock.execute();
    }
  }

  private void readMade(Transaction transaction, List<Request> requests) throws SQLException {
    try (PreparedStatement select =
        transaction.preparePlannedAnew(
            """
            SELECT session.* FROM unnest(?, ?) AS asked (owner, request_id)
            JOIN scheduler.session USING (owner, request_id)
            """)) {
      select.setArray(
          1, transaction.arrayOf("text", requests.stream().map(Request::owner).toArray()));
      select.setArray(
          2,
          transaction.arrayOf(
              "uuid", requests.stream().map(request -> request.key().id()).toArray()));
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          var key = new Made(row.getString("owner"), row.getObject("request_id", UUID.class));
          made.put(key, new Repeated(SessionRows.session(row)));
          digests.put(key, row.getString("request_digest"));
        }
      }
    }
  }

  private void countUnfinished(Transaction transaction, Object[] owners) throws SQLException {
    try (PreparedStatement count =
        transaction.preparePlannedAnew(
            """
            SELECT owner, (
              SELECT count(*) FROM scheduler.session
              WHERE session.owner = asked.owner AND session.unfinished AND state <> 'ENDED') AS unfinished
            FROM unnest(?) AS asked (owner)
            """)) {
      count.setArray(1, transaction.arrayOf("text", owners));
      try (ResultSet row = count.executeQuery()) {
        while (row.next()) {
          unfinished.put(row.getString("owner"), row.getLong("unfinished"));
        }
      }
    }
  }

  private Insertion decide(Request request) {
    var key = new Made(request.owner(), request.key().id());
    @Nullable Insertion before = made.get(key);
    if (before != null) {
      return request.digest().equals(digests.get(key)) ? before : new KeyReused();
    }
    if (unfinished.getOrDefault(request.owner(), 0L) >= request.maximumUnfinished()) {
      return new TooMany();
    }
    Session session = Kept.of(request.session());
    made.put(key, new Repeated(session));
    digests.put(key, request.digest());
    unfinished.merge(request.owner(), 1L, Long::sum);
    return new Inserted(session);
  }
}
