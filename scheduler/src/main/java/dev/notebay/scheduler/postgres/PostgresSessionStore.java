package dev.notebay.scheduler.postgres;

import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.RequestKey;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import dev.notebay.scheduler.core.session.SessionStore;
import dev.notebay.scheduler.core.session.SessionStore.Insertion.Inserted;
import dev.notebay.scheduler.core.session.SessionStore.Insertion.KeyReused;
import dev.notebay.scheduler.core.session.SessionStore.Insertion.Repeated;
import dev.notebay.scheduler.core.session.SessionStore.Insertion.TooMany;
import dev.notebay.scheduler.postgres.Transactions.Transaction;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;

/**
 * Sessions in the table {@code scheduler.session}, their devices in {@code
 * scheduler.device_booking}.
 *
 * <p>What always holds, whoever else writes: no device is booked twice (primary key); no request
 * makes two sessions (unique constraint); of two writers that read one version one writes (the
 * {@code WHERE} of the update). Creations of one owner are done one after the other, so that the
 * limit can be counted; nobody else waits for them.
 */
public final class PostgresSessionStore implements SessionStore {
  /** Keeps this table's advisory locks apart from anybody else's. */
  private static final int OWNER_LOCK = 0x6e6f7465;

  private static final UUID LAST_UUID = new UUID(-1, -1);

  private final Transactions transactions;

  public PostgresSessionStore(DataSource dataSource) {
    this(dataSource, Transactions.STATEMENT_TIMEOUT);
  }

  PostgresSessionStore(DataSource dataSource, Duration statementTimeout) {
    this.transactions = new Transactions(dataSource, statementTimeout);
  }

  @Override
  public Insertion insert(Session session, RequestKey key, int maximumUnfinished) {
    if (session.version() != 1 || !(session.state() instanceof Queued)) {
      throw new IllegalArgumentException("session: " + session + " (expected: a new one)");
    }
    return transactions.run(
        "create session " + session.id(),
        transaction -> {
          lockOwner(transaction, session.owner());
          Optional<Insertion> before = earlier(transaction, session.owner(), key);
          if (before.isPresent()) {
            return before.get();
          }
          if (unfinishedOf(transaction, session.owner()) >= maximumUnfinished) {
            return new TooMany();
          }
          return new Inserted(insert(transaction, session, key));
        });
  }

  private static void lockOwner(Transaction transaction, Owner owner) throws SQLException {
    try (PreparedStatement lock =
        transaction.prepare("SELECT pg_advisory_xact_lock(?, hashtext(?))")) {
      lock.setInt(1, OWNER_LOCK);
      lock.setString(2, SessionStore.kept(owner.subject()));
      lock.execute();
    }
  }

  private static Optional<Insertion> earlier(Transaction transaction, Owner owner, RequestKey key)
      throws SQLException {
    try (PreparedStatement select =
        transaction.prepare(
            """
            SELECT * FROM scheduler.session WHERE owner = ? AND request_id = ?
            """)) {
      select.setString(1, SessionStore.kept(owner.subject()));
      select.setObject(2, key.id());
      try (ResultSet row = select.executeQuery()) {
        if (!row.next()) {
          return Optional.empty();
        }
        return Optional.of(
            row.getString("request_digest").equals(SessionStore.kept(key.digest()))
                ? new Repeated(SessionRows.session(row))
                : new KeyReused());
      }
    }
  }

  private static long unfinishedOf(Transaction transaction, Owner owner) throws SQLException {
    try (PreparedStatement count =
        transaction.prepare(
            """
            SELECT count(*) FROM scheduler.session WHERE owner = ? AND state <> 'ENDED'
            """)) {
      count.setString(1, SessionStore.kept(owner.subject()));
      try (ResultSet row = count.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  private static Session insert(Transaction transaction, Session session, RequestKey key)
      throws SQLException {
    try (PreparedStatement insert =
        transaction.prepare(
            """
            INSERT INTO scheduler.session (
              id, owner, request_id, request_digest, display_name,
              accelerator_type, accelerator_count, cpu_milli, memory_bytes, volume,
              idle_timeout_nanos, maximum_lifetime_nanos, warning_nanos, created,
              updated, attempt, policy_generation, extend_until,
              state, queued_since, held_back_until, held_back_why,
              node, devices, assigned_at, claimed_by, jupyter, ready_at,
              end_reason, end_message, stopping_since, ended_at, volume_held,
              version)
            VALUES (
              ?, ?, ?, ?, ?,
              ?, ?, ?, ?, ?,
              ?, ?, ?, ?,
              ?, ?, ?, ?,
              ?, ?, ?, ?,
              ?, ?, ?, ?, ?, ?,
              ?, ?, ?, ?, ?,
              1)
            RETURNING *
            """)) {
      var columns = new SessionColumns(transaction, insert);
      columns.bindFixed(session, key);
      columns.bindChanging(session);
      try (ResultSet row = insert.executeQuery()) {
        row.next();
        return SessionRows.session(row);
      }
    }
  }

  @Override
  public Replacement replace(Session next) {
    return transactions.run(
        "change session " + next.id(),
        transaction -> {
          if (!update(transaction, next)) {
            return Replacement.CHANGED;
          }
          Optional<Assignment> held = next.state().held();
          releaseAllBut(transaction, next.id(), held);
          if (held.isPresent() && !book(transaction, next.id(), held.get())) {
            transaction.undo();
            return Replacement.DEVICE_TAKEN;
          }
          return Replacement.REPLACED;
        });
  }

  private static boolean update(Transaction transaction, Session next) throws SQLException {
    try (PreparedStatement update =
        transaction.prepare(
            """
            UPDATE scheduler.session SET
              updated = ?, attempt = ?, policy_generation = ?, extend_until = ?,
              state = ?, queued_since = ?, held_back_until = ?, held_back_why = ?,
              node = ?, devices = ?, assigned_at = ?, claimed_by = ?, jupyter = ?, ready_at = ?,
              end_reason = ?, end_message = ?, stopping_since = ?, ended_at = ?, volume_held = ?,
              version = version + 1
            WHERE id = ? AND version = ?
            """)) {
      var columns = new SessionColumns(transaction, update);
      columns.bindChanging(next);
      columns.bind(next.id().value());
      columns.bind(next.version() - 1);
      return update.executeUpdate() == 1;
    }
  }

  private static void releaseAllBut(
      Transaction transaction, SessionId id, Optional<Assignment> held) throws SQLException {
    try (PreparedStatement delete =
        transaction.prepare(
            """
            DELETE FROM scheduler.device_booking
            WHERE session_id = ? AND (node <> ? OR device <> ALL (?))
            """)) {
      var columns = new SessionColumns(transaction, delete);
      columns.bind(id.value());
      columns.bind(held.map(Assignment::node).map(SessionStore::kept).orElse(""));
      columns.bind(
          held.isPresent()
              ? SessionColumns.devices(transaction, held.get())
              : transaction.arrayOf("text"));
      delete.executeUpdate();
    }
  }

  /** In the order of the devices' names, so that two that want the same ones cannot deadlock. */
  private static boolean book(Transaction transaction, SessionId id, Assignment held)
      throws SQLException {
    try (PreparedStatement insert =
        transaction.prepare(
            """
            INSERT INTO scheduler.device_booking AS booking (node, device, session_id)
            SELECT ?, device, ? FROM unnest(?) AS device ORDER BY device
            ON CONFLICT (node, device) DO UPDATE SET session_id = excluded.session_id
              WHERE booking.session_id = excluded.session_id
            """)) {
      var columns = new SessionColumns(transaction, insert);
      columns.bind(SessionStore.kept(held.node()));
      columns.bind(id.value());
      columns.bind(SessionColumns.devices(transaction, held));
      return insert.executeUpdate() == held.devices().size();
    }
  }

  @Override
  public Optional<Session> find(SessionId id) {
    return findAll(List.of(id)).stream().findFirst();
  }

  @Override
  public Optional<Session> findByRequest(Owner owner, UUID requestId) {
    return select(
            "read the session of request " + requestId,
            """
            SELECT * FROM scheduler.session WHERE owner = ? AND request_id = ?
            """,
            (_, columns) -> {
              columns.bind(SessionStore.kept(owner.subject()));
              columns.bind(requestId);
            })
        .stream()
        .findFirst();
  }

  @Override
  public List<Session> findAll(Collection<SessionId> ids) {
    return select(
        "read sessions",
        """
        SELECT * FROM scheduler.session WHERE id = ANY (?)
        """,
        (transaction, columns) ->
            columns.bind(
                transaction.arrayOf("uuid", ids.stream().map(SessionId::value).toArray())));
  }

  @Override
  public List<Session> unfinished() {
    return select(
        "read unfinished sessions",
        """
        SELECT * FROM scheduler.session
        WHERE state <> 'ENDED' OR volume_held
        ORDER BY created, id
        """,
        (_, _) -> {});
  }

  @Override
  public List<Session> list(Owner owner, boolean withEnded, Optional<Cursor> after, int limit) {
    return select(
        "list sessions",
        """
        SELECT * FROM scheduler.session
        WHERE owner = ? AND (? OR state <> 'ENDED') AND (created, id) < (?, ?)
        ORDER BY created DESC, id DESC
        LIMIT ?
        """,
        (_, columns) -> {
          columns.bind(SessionStore.kept(owner.subject()));
          columns.bind(withEnded);
          columns.bind(
              after
                  .<Object>map(cursor -> SessionColumns.time(cursor.created()))
                  .orElse(OffsetDateTime.MAX));
          columns.bind(after.map(cursor -> cursor.id().value()).orElse(LAST_UUID));
          columns.bind(limit);
        });
  }

  private interface Parameters {
    void bind(Transaction transaction, SessionColumns columns) throws SQLException;
  }

  private List<Session> select(String what, String sql, Parameters parameters) {
    return transactions.read(
        what,
        transaction -> {
          try (PreparedStatement select = transaction.prepare(sql)) {
            parameters.bind(transaction, new SessionColumns(transaction, select));
            try (ResultSet row = select.executeQuery()) {
              return SessionRows.all(row);
            }
          }
        });
  }
}
