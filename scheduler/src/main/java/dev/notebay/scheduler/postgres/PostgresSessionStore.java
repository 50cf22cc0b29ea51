package dev.notebay.scheduler.postgres;

import dev.notebay.scheduler.core.leader.Epoch;
import dev.notebay.scheduler.core.session.Changes;
import dev.notebay.scheduler.core.session.DeviceUse;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.RequestKey;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import dev.notebay.scheduler.core.session.SessionStore;
import dev.notebay.scheduler.postgres.Transactions.Transaction;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import javax.sql.DataSource;

/**
 * Sessions in the table {@code scheduler.session}, their devices in {@code scheduler.device_use}.
 *
 * <p>What always holds, whoever else writes: no device is booked twice (unique index), nor more of
 * it in shares than there is (a sum kept by triggers, with a check); no request makes two sessions
 * (unique constraint); of two writers that read one version one writes (the {@code WHERE} of the
 * update). Creations of one owner are done one after the other, so that the limit can be counted;
 * no other replica's wait for them. Creations that come at one time are one transaction, and so are
 * changes; reads of one session each are one statement.
 */
public final class PostgresSessionStore implements SessionStore {
  private static final UUID LAST_UUID = new UUID(-1, -1);

  /** So many callers at most wait for one transaction, and are in doubt together if it is. */
  private static final int INSERTIONS = 256;

  private static final int REPLACEMENTS = 256;

  private static final int LOOKS = 256;

  private final Transactions transactions;
  private final Combiner<SessionInserts.Request, Insertion> insertions;
  private final Combiner<Session, Replacement> replacements;
  private final Combiner<SessionId, Optional<Session>> looks;

  public PostgresSessionStore(DataSource dataSource) {
    this(dataSource, Transactions.STATEMENT_TIMEOUT);
  }

  PostgresSessionStore(DataSource dataSource, Duration statementTimeout) {
    this.transactions = new Transactions(dataSource, statementTimeout);
    this.insertions =
        new Combiner<>(
            INSERTIONS,
            requests ->
                transactions.run(
                    "create sessions",
                    transaction -> SessionInserts.insert(transaction, requests)));
    this.replacements = new Combiner<>(REPLACEMENTS, this::replaceEach);
    this.looks = new Combiner<>(LOOKS, this::findEach);
  }

  @Override
  public Insertion insert(Session session, RequestKey key, int maximumUnfinished) {
    if (session.version() != 1 || !(session.state() instanceof Queued)) {
      throw new IllegalArgumentException("session: " + session + " (expected: a new one)");
    }
    return insertions.call(new SessionInserts.Request(session, key, maximumUnfinished));
  }

  @Override
  public Replacement replace(Session next) {
    return replacements.call(next);
  }

  /** As if they came one after the other: of one session's, each in a transaction of its own. */
  private List<Replacement> replaceEach(List<Session> next) {
    List<Replacement> results = new ArrayList<>();
    int from = 0;
    Set<SessionId> together = new HashSet<>();
    for (int until = 0; until < next.size(); until++) {
      if (!together.add(next.get(until).id())) {
        results.addAll(replaceAll(next.subList(from, until), Optional.empty()));
        together = new HashSet<>(Set.of(next.get(until).id()));
        from = until;
      }
    }
    results.addAll(replaceAll(next.subList(from, next.size()), Optional.empty()));
    return results;
  }

  @Override
  public List<Replacement> replaceAll(List<Session> next, Epoch epoch) {
    return replaceAll(next, Optional.of(epoch));
  }

  private List<Replacement> replaceAll(List<Session> next, Optional<Epoch> epoch) {
    Map<SessionId, Replacement> results = new HashMap<>();
    replaceAll(next, epoch, results);
    return next.stream()
        .map(session -> Objects.requireNonNull(results.get(session.id()), "next: a session twice"))
        .toList();
  }

  /**
   * In one transaction, unless a device is taken: then nothing of it stays, and those are written
   * first that have lost none, then the others one by one. What those might have taken was withheld
   * from no other that has not lost something itself, so the result is that of all one by one.
   */
  private void replaceAll(
      List<Session> next, Optional<Epoch> epoch, Map<SessionId, Replacement> results) {
    Map<SessionId, Replacement> tried =
        transactions.run(
            "change sessions", transaction -> SessionWrites.write(transaction, next, epoch));
    List<Session> losers = with(Replacement.DEVICE_TAKEN, next, tried);
    results.putAll(tried);
    if (losers.isEmpty() || next.size() == 1) {
      return;
    }
    List<Session> others = with(Replacement.REPLACED, next, tried);
    if (!others.isEmpty()) {
      replaceAll(others, epoch, results);
    }
    losers.forEach(loser -> replaceAll(List.of(loser), epoch, results));
  }

  private static List<Session> with(
      Replacement result, List<Session> sessions, Map<SessionId, Replacement> results) {
    return sessions.stream().filter(session -> results.get(session.id()) == result).toList();
  }

  @Override
  public Optional<Session> find(SessionId id) {
    return looks.call(id);
  }

  private List<Optional<Session>> findEach(List<SessionId> ids) {
    Map<SessionId, Session> found =
        findAll(new HashSet<>(ids)).stream()
            .collect(Collectors.toMap(Session::id, Function.identity()));
    return ids.stream().map(id -> Optional.ofNullable(found.get(id))).toList();
  }

  @Override
  public Optional<Session> findByRequest(Owner owner, UUID requestId) {
    return select(
            "read the session of request " + requestId,
            """
            SELECT * FROM scheduler.session WHERE owner = ? AND request_id = ?
            """,
            (_, parameters) -> {
              parameters.bind(SessionStore.kept(owner.subject()));
              parameters.bind(requestId);
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
        (transaction, parameters) ->
            parameters.bind(
                transaction.arrayOf("uuid", ids.stream().map(SessionId::value).toArray())));
  }

  @Override
  public List<Session> unfinished() {
    return select(
        "read unfinished sessions",
        """
        SELECT * FROM scheduler.session
        WHERE unfinished
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
  public void forgetChanges(Changes.Mark before) {
    transactions.run(
        "forget changes of sessions",
        transaction -> {
          ChangeFeed.forget(transaction, before);
          return before;
        });
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
        (_, parameters) -> {
          parameters.bind(SessionStore.kept(owner.subject()));
          parameters.bind(withEnded);
          parameters.bind(after.<Object>map(Cursor::created).orElse(OffsetDateTime.MAX));
          parameters.bind(after.map(cursor -> cursor.id().value()).orElse(LAST_UUID));
          parameters.bind(limit);
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
                  SELECT attempt, node, device, milli, used_from, used_until
                  FROM scheduler.device_use
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
                        row.getInt("milli"),
                        row.getObject("used_from", OffsetDateTime.class).toInstant(),
                        Optional.ofNullable(row.getObject("used_until", OffsetDateTime.class))
                            .map(OffsetDateTime::toInstant)));
              }
              return uses;
            }
          }
        });
  }

  private interface Binding {
    void bind(Transaction transaction, Parameters parameters) throws SQLException;
  }

  private List<Session> select(String what, String sql, Binding binding) {
    return transactions.read(
        what,
        transaction -> {
          try (PreparedStatement select = transaction.prepare(sql)) {
            binding.bind(transaction, new Parameters(transaction, select));
            try (ResultSet row = select.executeQuery()) {
              return SessionRows.all(row);
            }
          }
        });
  }
}
