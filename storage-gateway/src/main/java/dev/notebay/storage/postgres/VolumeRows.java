package dev.notebay.storage.postgres;

import dev.notebay.storage.core.volume.AccessMode;
import dev.notebay.storage.core.volume.Mount;
import dev.notebay.storage.core.volume.Owner;
import dev.notebay.storage.core.volume.Quota;
import dev.notebay.storage.core.volume.SessionId;
import dev.notebay.storage.core.volume.Usage;
import dev.notebay.storage.core.volume.Volume;
import dev.notebay.storage.core.volume.VolumeId;
import dev.notebay.storage.core.volume.VolumeLife;
import dev.notebay.storage.core.volume.VolumeLife.Active;
import dev.notebay.storage.core.volume.VolumeLife.Deleted;
import dev.notebay.storage.core.volume.VolumeLife.Purging;
import dev.notebay.storage.core.volume.VolumeUid;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Volumes and mounts as rows, both ways. */
final class VolumeRows {
  private VolumeRows() {}

  static Volume volume(ResultSet row) throws SQLException {
    return new Volume(
        new VolumeUid(row.getObject("uid", UUID.class)),
        new Owner(row.getString("owner")),
        new VolumeId(row.getString("volume_id")),
        row.getString("display_name"),
        AccessMode.valueOf(row.getString("access_mode")),
        new Quota(row.getLong("quota_bytes")),
        life(row),
        instant(row, "create_time"),
        instant(row, "update_time"),
        row.getLong("version"));
  }

  private static VolumeLife life(ResultSet row) throws SQLException {
    return switch (row.getString("state")) {
      case "ACTIVE" -> new Active();
      case "DELETED" -> new Deleted(instant(row, "state_time"), instant(row, "expire_time"));
      case "PURGING" -> new Purging(instant(row, "state_time"));
      case String other ->
          throw new IllegalStateException("unknown state in table storage.volume: " + other);
    };
  }

  /** Binds state, state_time and expire_time from parameter {@code at} on. */
  static void bindLife(PreparedStatement statement, int at, VolumeLife life) throws SQLException {
    switch (life) {
      case Active _ -> bindLife(statement, at, "ACTIVE", null, null);
      case Deleted(var since, var expires) -> bindLife(statement, at, "DELETED", since, expires);
      case Purging(var since) -> bindLife(statement, at, "PURGING", since, null);
    }
  }

  private static void bindLife(
      PreparedStatement statement,
      int at,
      String state,
      @Nullable Instant since,
      @Nullable Instant expires)
      throws SQLException {
    statement.setString(at, state);
    statement.setObject(at + 1, since == null ? null : time(since));
    statement.setObject(at + 2, expires == null ? null : time(expires));
  }

  static Optional<Usage> usage(ResultSet row) throws SQLException {
    OffsetDateTime measured = row.getObject("measure_time", OffsetDateTime.class);
    return measured == null
        ? Optional.empty()
        : Optional.of(
            new Usage(row.getLong("used_bytes"), row.getLong("file_count"), measured.toInstant()));
  }

  static List<Mount> mounts(Connection connection, VolumeUid uid) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            """
            SELECT session_id, attempt, node, mount_time FROM storage.mount
            WHERE volume_uid = ? ORDER BY mount_time, session_id
            """)) {
      select.setObject(1, uid.value());
      List<Mount> mounts = new ArrayList<>();
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          mounts.add(
              new Mount(
                  new SessionId(row.getObject("session_id", UUID.class)),
                  row.getInt("attempt"),
                  row.getString("node"),
                  instant(row, "mount_time")));
        }
      }
      return mounts;
    }
  }

  static OffsetDateTime time(Instant instant) {
    return instant.atOffset(ZoneOffset.UTC);
  }

  private static Instant instant(ResultSet row, String column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }
}
