package dev.notebay.storage.postgres;

import dev.notebay.storage.core.mount.MountRule;
import dev.notebay.storage.core.mount.MountRule.Decision;
import dev.notebay.storage.core.mount.MountStore;
import dev.notebay.storage.core.volume.AccessMode;
import dev.notebay.storage.core.volume.Mount;
import dev.notebay.storage.core.volume.SessionId;
import dev.notebay.storage.core.volume.Volume;
import dev.notebay.storage.core.volume.VolumeUid;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;

/**
 * Mounts in the table {@code storage.mount}. Always locks the session's fence first and the volume
 * second.
 */
public final class PostgresMountStore implements MountStore {
  private final Sql sql;

  public PostgresMountStore(Sql sql) {
    this.sql = sql;
  }

  @Override
  public Optional<Decision> mount(VolumeUid uid, Mount wanted) {
    return sql.transaction(
        connection -> {
          int fence = raise(connection, wanted.session(), MountRule.seen(wanted.attempt()));
          Optional<Volume> volume = lockVolume(connection, uid);
          if (volume.isEmpty()) {
            return Optional.empty();
          }
          Decision decision =
              MountRule.decide(volume.get(), VolumeRows.mounts(connection, uid), fence, wanted);
          if (decision instanceof Decision.Granted(var mount)) {
            record(connection, volume.get(), mount);
          }
          return Optional.of(decision);
        });
  }

  /** Raises the session's fence to {@code attempt}, locks it, and returns where it is. */
  private static int raise(Connection connection, SessionId session, int attempt)
      throws SQLException {
    try (PreparedStatement upsert =
        connection.prepareStatement(
            """
            INSERT INTO storage.session_fence AS fence (session_id, oldest_allowed)
            VALUES (?, ?)
            ON CONFLICT (session_id) DO UPDATE
            SET oldest_allowed = greatest(fence.oldest_allowed, excluded.oldest_allowed)
            RETURNING oldest_allowed
            """)) {
      upsert.setObject(1, session.value());
      upsert.setInt(2, attempt);
      try (ResultSet row = upsert.executeQuery()) {
        row.next();
        return row.getInt(1);
      }
    }
  }

  private static Optional<Volume> lockVolume(Connection connection, VolumeUid uid)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT * FROM storage.volume WHERE uid = ? FOR UPDATE")) {
      select.setObject(1, uid.value());
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? Optional.of(VolumeRows.volume(row)) : Optional.empty();
      }
    }
  }

  private static void record(Connection connection, Volume volume, Mount mount)
      throws SQLException {
    try (PreparedStatement upsert =
        connection.prepareStatement(
            """
            INSERT INTO storage.mount
              (volume_uid, session_id, attempt, node, mount_time, single_writer)
            VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (volume_uid, session_id) DO UPDATE
            SET attempt = excluded.attempt, node = excluded.node,
              mount_time = excluded.mount_time
            """)) {
      upsert.setObject(1, volume.uid().value());
      upsert.setObject(2, mount.session().value());
      upsert.setInt(3, mount.attempt());
      upsert.setString(4, mount.node());
      upsert.setObject(5, VolumeRows.time(mount.since()));
      upsert.setBoolean(6, volume.accessMode() == AccessMode.SINGLE_WRITER);
      upsert.executeUpdate();
    }
  }

  @Override
  public int unmount(SessionId session, int upTo) {
    return sql.transaction(
        connection -> {
          raise(connection, session, MountRule.unmounted(upTo));
          try (PreparedStatement delete =
              connection.prepareStatement(
                  "DELETE FROM storage.mount WHERE session_id = ? AND attempt <= ?")) {
            delete.setObject(1, session.value());
            delete.setInt(2, upTo);
            return delete.executeUpdate();
          }
        });
  }
}
