package dev.notebay.reliability.processes;

import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.session.SessionId;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/**
 * One look at an installation from outside: its rows, by SQL in one transaction, and the runtimes
 * that really are.
 */
record Outside(
    List<Row> rows,
    List<Use> uses,
    List<Mount> mounts,
    List<VolumeRow> volumes,
    List<RuntimeSeen> runtimes) {

  /**
   * A session's row.
   *
   * @param wanted devices
   * @param milli thousandths of each
   */
  record Row(
      UUID id,
      String owner,
      UUID request,
      String state,
      int attempt,
      long version,
      List<String> devices,
      int wanted,
      int milli,
      Instant created,
      Optional<String> reason,
      Optional<String> volume,
      boolean heldBack,
      boolean volumeHeld) {

    boolean holds() {
      return switch (state) {
        case "STARTING", "RUNNING", "STOPPING" -> true;
        case "QUEUED", "ENDED" -> false;
        default -> throw new IllegalStateException("state: " + state);
      };
    }

    RuntimeName runtime() {
      return new RuntimeName(new SessionId(id), attempt);
    }
  }

  /** A session's present use of a device, or of so many thousandths of it. */
  record Use(String node, String device, int milli, UUID session, int attempt) {}

  /** A volume's present mount. */
  record Mount(UUID volume, UUID session, int attempt, boolean singleWriter) {}

  /** A volume's row. */
  record VolumeRow(String owner, String id, String state) {}

  /** Rows before runtimes: what has been placed since has a runtime that is no orphan. */
  static Outside look(Installation installation) throws IOException, SQLException {
    List<Row> rows = new ArrayList<>();
    List<Use> uses = new ArrayList<>();
    List<Mount> mounts = new ArrayList<>();
    List<VolumeRow> volumes = new ArrayList<>();
    try (Connection connection = installation.database().connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      try (ResultSet row = statement.executeQuery("SELECT * FROM scheduler.session")) {
        while (row.next()) {
          rows.add(row(row));
        }
      }
      try (ResultSet row =
          statement.executeQuery(
              """
              SELECT * FROM scheduler.device_use
              WHERE used_until IS NULL AND session_id IS NOT NULL
              """)) {
        while (row.next()) {
          uses.add(
              new Use(
                  row.getString("node"),
                  row.getString("device"),
                  row.getInt("milli"),
                  row.getObject("session_id", UUID.class),
                  row.getInt("attempt")));
        }
      }
      try (ResultSet row = statement.executeQuery("SELECT * FROM storage.mount")) {
        while (row.next()) {
          mounts.add(
              new Mount(
                  row.getObject("volume_uid", UUID.class),
                  row.getObject("session_id", UUID.class),
                  row.getInt("attempt"),
                  row.getBoolean("single_writer")));
        }
      }
      try (ResultSet row =
          statement.executeQuery("SELECT owner, volume_id, state FROM storage.volume")) {
        while (row.next()) {
          volumes.add(new VolumeRow(row.getString(1), row.getString(2), row.getString(3)));
        }
      }
    }
    return new Outside(rows, uses, mounts, volumes, RuntimeSeen.all(installation.home()));
  }

  private static Row row(ResultSet row) throws SQLException {
    return new Row(
        row.getObject("id", UUID.class),
        row.getString("owner"),
        row.getObject("request_id", UUID.class),
        row.getString("state"),
        row.getInt("attempt"),
        row.getLong("version"),
        row.getArray("devices") == null
            ? List.of()
            : List.of((String[]) row.getArray("devices").getArray()),
        row.getInt("accelerator_count"),
        row.getInt("accelerator_milli"),
        row.getTimestamp("created").toInstant(),
        Optional.ofNullable(row.getString("end_reason")),
        Optional.ofNullable(row.getString("volume")),
        row.getString("held_back_why") != null,
        row.getBoolean("volume_held"));
  }

  /** Which devices the ledger gives to one attempt, and how many thousandths of each. */
  static Map<String, Integer> devicesOf(Installation installation, RuntimeName name)
      throws IOException, SQLException {
    Map<String, Integer> devices = new TreeMap<>();
    try (Connection connection = installation.database().connect();
        PreparedStatement select =
            connection.prepareStatement(
                """
                SELECT device, milli FROM scheduler.device_use
                WHERE session_id = ? AND attempt = ?
                """)) {
      select.setObject(1, name.session().value());
      select.setInt(2, name.attempt());
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          devices.put(row.getString(1), row.getInt(2));
        }
      }
    }
    return devices;
  }

  /** When more of a device was in use than there is, in all of the ledger. */
  static List<String> overlaps(Installation installation) throws IOException, SQLException {
    List<String> overlaps = new ArrayList<>();
    try (Connection connection = installation.database().connect();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                """
                WITH use AS (
                  SELECT * FROM scheduler.device_use WHERE session_id IS NOT NULL
                ), change AS (
                  SELECT session_id, device, node, used_from AS at, milli FROM use
                  UNION ALL
                  SELECT session_id, device, node, used_until, -milli FROM use
                  WHERE used_until IS NOT NULL
                )
                SELECT device, total, at, session_id FROM (
                  SELECT *, sum(milli) OVER (PARTITION BY node, device ORDER BY at, milli) AS total
                  FROM change) AS summed
                WHERE total > 1000
                """)) {
      while (row.next()) {
        overlaps.add(
            "the ledger gives %d thousandths of %s at %s, also to %s"
                .formatted(row.getLong(2), row.getString(1), row.getString(3), row.getString(4)));
      }
    }
    return overlaps;
  }
}
