package dev.notebay.scheduler.postgres;

import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.MemoryShare;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionStore;
import dev.notebay.scheduler.postgres.Transactions.Transaction;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** The ledger of devices, {@code scheduler.device_use}, for sessions whose rows are locked. */
final class DeviceUses {
  private DeviceUses() {}

  /** Ends the uses of all devices but those that are held. */
  static void end(Transaction transaction, List<Session> sessions) throws SQLException {
    if (sessions.isEmpty()) {
      return;
    }
    Wanted kept = wanted(sessions);
    try (PreparedStatement update =
        transaction.preparePlannedAnew(
            """
            UPDATE scheduler.device_use AS present
            SET used_until = greatest(used_from, clock_timestamp())
            WHERE session_id = ANY (?) AND used_until IS NULL AND NOT EXISTS (
              SELECT FROM unnest(?, ?, ?) AS kept (session_id, node, device)
              WHERE kept.session_id = present.session_id AND kept.node = present.node
                AND kept.device = present.device)
            """)) {
      update.setArray(
          1,
          transaction.arrayOf(
              "uuid", sessions.stream().map(session -> session.id().value()).toArray()));
      update.setArray(2, transaction.arrayOf("uuid", kept.sessions.toArray()));
      update.setArray(3, transaction.arrayOf("text", kept.nodes.toArray()));
      update.setArray(4, transaction.arrayOf("text", kept.devices.toArray()));
      update.executeUpdate();
    }
  }

  /**
   * Begins the uses of all devices that are held and were not. In the order of the devices' names,
   * so that two that want the same ones cannot deadlock.
   *
   * <p>A booking may wait for the transaction that ends the use before; when it began is noted only
   * then, so that no two uses of a device overlap.
   *
   * <p>What is too much the database leaves out by itself: whole devices by their index, shares by
   * the sum that a trigger keeps of each device.
   *
   * @param sessions of two that want one device the first has it
   * @return the sessions that miss a device, because others have too much of it
   */
  static Set<SessionId> book(Transaction transaction, List<Session> sessions) throws SQLException {
    Wanted wanted = wanted(sessions);
    if (wanted.devices.isEmpty()) {
      return Set.of();
    }
    List<Long> booked = new ArrayList<>();
    Set<SessionId> refused = new HashSet<>();
    try (PreparedStatement insert =
        transaction.preparePlannedAnew(
            """
            WITH wanted AS (
              SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?) WITH ORDINALITY
                AS wanted (
                  session_id, attempt, node, type, device, milli, memory_bytes, memory_of, place)
              WHERE NOT EXISTS (
                SELECT FROM scheduler.device_use AS present
                WHERE present.session_id = wanted.session_id AND present.node = wanted.node
                  AND present.device = wanted.device AND present.used_until IS NULL
                -- For each its own look at the index, not one at all that are in use.
                OFFSET 0)
            ), booked AS (
              INSERT INTO scheduler.device_use
                (session_id, attempt, node, type, device, milli, memory_bytes, memory_of, used_from)
              SELECT
                session_id, attempt, node, type, device, milli, memory_bytes, memory_of, 'infinity'
              FROM wanted
              ORDER BY node, device, place
              ON CONFLICT (node, device) WHERE used_until IS NULL AND milli = 1000 DO NOTHING
              RETURNING id, session_id
            )
            SELECT session_id, devices > coalesce(cardinality(uses), 0) AS refused, uses
            FROM (SELECT session_id, count(*) AS devices FROM wanted GROUP BY session_id) AS asked
              LEFT JOIN (
                SELECT session_id, array_agg(id) AS uses FROM booked GROUP BY session_id) AS given
              USING (session_id)
            """)) {
      insert.setArray(1, transaction.arrayOf("uuid", wanted.sessions.toArray()));
      insert.setArray(2, transaction.arrayOf("int4", wanted.attempts.toArray()));
      insert.setArray(3, transaction.arrayOf("text", wanted.nodes.toArray()));
      insert.setArray(4, transaction.arrayOf("text", wanted.types.toArray()));
      insert.setArray(5, transaction.arrayOf("text", wanted.devices.toArray()));
      insert.setArray(6, transaction.arrayOf("int4", wanted.milli.toArray()));
      insert.setArray(7, transaction.arrayOf("int8", wanted.memory.toArray()));
      insert.setArray(8, transaction.arrayOf("int8", wanted.memoryOf.toArray()));
      try (ResultSet row = insert.executeQuery()) {
        while (row.next()) {
          if (row.getBoolean("refused")) {
            refused.add(new SessionId(row.getObject("session_id", UUID.class)));
          } else {
            booked.addAll(List.of((Long[]) row.getArray("uses").getArray()));
          }
        }
      }
    }
    if (!booked.isEmpty() && refused.isEmpty()) {
      begin(transaction, booked);
    }
    return refused;
  }

  private static void begin(Transaction transaction, List<Long> uses) throws SQLException {
    try (PreparedStatement update =
        transaction.preparePlannedAnew(
            """
            UPDATE scheduler.device_use SET used_from = clock_timestamp() WHERE id = ANY (?)
            """)) {
      update.setArray(1, transaction.arrayOf("int8", uses.toArray()));
      update.executeUpdate();
    }
  }

  private static Wanted wanted(List<Session> sessions) {
    var wanted = new Wanted();
    for (Session session : sessions) {
      session.state().held().ifPresent(held -> wanted.add(session, held));
    }
    return wanted;
  }

  /** One row for each device that is held, column by column. */
  private static final class Wanted {
    private final List<UUID> sessions = new ArrayList<>();
    private final List<Integer> attempts = new ArrayList<>();
    private final List<String> nodes = new ArrayList<>();
    private final List<String> types = new ArrayList<>();
    private final List<String> devices = new ArrayList<>();
    private final List<Integer> milli = new ArrayList<>();
    private final List<Long> memory = new ArrayList<>();
    private final List<Long> memoryOf = new ArrayList<>();

    private void add(Session session, Assignment held) {
      if (held.devices().stream().distinct().count() != held.devices().size()) {
        throw new StoreException("a device twice: session=" + session.id() + " " + held.devices());
      }
      for (String device : held.devices()) {
        sessions.add(session.id().value());
        attempts.add(session.attempt());
        nodes.add(SessionStore.kept(held.node()));
        types.add(held.type());
        devices.add(SessionStore.kept(device));
        milli.add(session.spec().accelerator().milli());
        memory.add(held.memory().map(MemoryShare::bytes).orElse(0L));
        memoryOf.add(held.memory().map(MemoryShare::ofBytes).orElse(0L));
      }
    }
  }
}
