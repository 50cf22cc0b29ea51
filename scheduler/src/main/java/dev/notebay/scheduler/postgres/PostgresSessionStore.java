package dev.notebay.scheduler.postgres;

import dev.notebay.scheduler.core.leader.Epoch;
import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.Changes;
import dev.notebay.scheduler.core.session.DeviceUse;
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
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;

/**
 * Sessions in the table {@code scheduler.session}, their devices in {@code scheduler.device_use}.
 *
 * <p>What always holds, whoever else writes: no device is booked twice (unique index); no request
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
              accelerator_types, accelerator_count, accelerator_milli, accelerator_memory_bytes,
              queue, priority, cpu_milli, memory_bytes, volume,
              idle_timeout_nanos, maximum_lifetime_nanos, warning_nanos, created,
              updated, attempt, policy_generation, extend_until,
              state, queued_since, held_back_until, held_back_why, start_by,
              node, assigned_type, devices, assigned_at, claimed_by, jupyter, ready_at, preempt_at,
              end_reason, end_message, stopping_since, ended_at, volume_held,
              version)
            VALUES (
              ?, ?, ?, ?, ?,
              ?, ?, ?, ?,
              ?, ?, ?, ?, ?,
              ?, ?, ?, ?,
              ?, ?, ?, ?,
              ?, ?, ?, ?, ?,
              ?, ?, ?, ?, ?, ?, ?, ?,
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
        "change session " + next.id(), transaction -> replace(transaction, next));
  }

  @Override
  public Replacement replace(Session next, Epoch epoch) {
    return transactions.run(
        "change session " + next.id(),
        transaction ->
            PostgresLeaderLease.isPresent(transaction, epoch)
                ? replace(transaction, next)
                : Replacement.FENCED);
  }

  private static Replacement replace(Transaction transaction, Session next) throws SQLException {
    if (!update(transaction, next)) {
      return Replacement.CHANGED;
    }
    Optional<Assignment> held = next.state().held();
    endUses(transaction, next.id(), held);
    if (held.isPresent() && !book(transaction, next, held.get())) {
      transaction.undo();
      return Replacement.DEVICE_TAKEN;
    }
    return Replacement.REPLACED;
  }

  private static boolean update(Transaction transaction, Session next) throws SQLException {
    try (PreparedStatement update =
        transaction.prepare(
            """
            UPDATE scheduler.session SET
              updated = ?, attempt = ?, policy_generation = ?, extend_until = ?,
              state = ?, queued_since = ?, held_back_until = ?, held_back_why = ?, start_by = ?,
              node = ?, assigned_type = ?, devices = ?, assigned_at = ?, claimed_by = ?,
              jupyter = ?, ready_at = ?, preempt_at = ?,
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

  /** Of all devices but those that are held. */
  private static void endUses(Transaction transaction, SessionId id, Optional<Assignment> held)
      throws SQLException {
    try (PreparedStatement update =
        transaction.prepare(
            """
            UPDATE scheduler.device_use SET used_until = greatest(used_from, clock_timestamp())
            WHERE session_id = ? AND used_until IS NULL AND (node <> ? OR device <> ALL (?))
            """)) {
      var columns = new SessionColumns(transaction, update);
      columns.bind(id.value());
      columns.bind(held.map(Assignment::node).map(SessionStore::kept).orElse(""));
      columns.bind(
          held.isPresent()
              ? SessionColumns.devices(transaction, held.get())
              : transaction.arrayOf("text"));
      update.executeUpdate();
    }
  }

  /**
   * In the order of the devices' names, so that two that want the same ones cannot deadlock.
   *
   * <p>A booking may wait for the transaction that ends the use before; when it began is noted only
   * then, so that no two uses of a device overlap.
   */
  private static boolean book(Transaction transaction, Session session, Assignment held)
      throws SQLException {
    int booked = 0;
    boolean anew = false;
    try (PreparedStatement insert =
        transaction.prepare(
            """
            INSERT INTO scheduler.device_use AS present
              (session_id, attempt, node, type, device, used_from)
            SELECT ?, ?, ?, ?, device, 'infinity' FROM unnest(?) AS device ORDER BY device
            ON CONFLICT (node, device) WHERE used_until IS NULL
              DO UPDATE SET session_id = excluded.session_id
              WHERE present.session_id = excluded.session_id
            RETURNING used_from = 'infinity'
            """)) {
      var columns = new SessionColumns(transaction, insert);
      columns.bind(session.id().value());
      columns.bind(session.attempt());
      columns.bind(SessionStore.kept(held.node()));
      columns.bind(held.type());
      columns.bind(SessionColumns.devices(transaction, held));
      try (ResultSet row = insert.executeQuery()) {
        while (row.next()) {
          booked++;
          anew |= row.getBoolean(1);
        }
      }
    }
    if (anew) {
      beginUses(transaction, session.id());
    }
    return booked == held.devices().size();
  }

  private static void beginUses(Transaction transaction, SessionId id) throws SQLException {
    try (PreparedStatement update =
        transaction.prepare(
            """
            UPDATE scheduler.device_use SET used_from = clock_timestamp()
            WHERE session_id = ? AND used_until IS NULL AND used_from = 'infinity'
            """)) {
      update.setObject(1, id.value());
      update.executeUpdate();
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
  public Changes changes(Changes.Mark since) {
    return transactions.read(
        "read changed sessions", transaction -> ChangeFeed.read(transaction, since));
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

  @Override
  public Instant now() {
    return transactions.read(
        "read the time",
        transaction -> {
          try (PreparedStatement select = transaction.prepare("SELECT clock_timestamp()");
              ResultSet row = select.executeQuery()) {
            row.next();
            return row.getObject(1, OffsetDateTime.class).toInstant();
          }
        });
  }

  @Override
  public List<DeviceUse> uses(SessionId id) {
    return transactions.read(
        "read the ledger",
        transaction -> {
          try (PreparedStatement select =
              transaction.prepare(
                  """
                  SELECT attempt, node, device, used_from, used_until FROM scheduler.device_use
                  WHERE session_id = ? ORDER BY used_from, device
                  """)) {
            select.setObject(1, id.value());
            try (ResultSet row = select.executeQuery()) {
              List<DeviceUse> uses = new ArrayList<>();
              while (row.next()) {
                uses.add(
                    new DeviceUse(
                        id,
                        row.getInt("attempt"),
                        row.getString("node"),
                        row.getString("device"),
                        row.getObject("used_from", OffsetDateTime.class).toInstant(),
                        Optional.ofNullable(row.getObject("used_until", OffsetDateTime.class))
                            .map(OffsetDateTime::toInstant)));
              }
              return uses;
            }
          }
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
