package dev.notebay.storage.postgres;

import static dev.notebay.storage.postgres.VolumeRows.time;

import dev.notebay.storage.core.volume.Mount;
import dev.notebay.storage.core.volume.Owner;
import dev.notebay.storage.core.volume.StorageException.VolumeMounted;
import dev.notebay.storage.core.volume.Usage;
import dev.notebay.storage.core.volume.Volume;
import dev.notebay.storage.core.volume.VolumeId;
import dev.notebay.storage.core.volume.VolumeStore;
import dev.notebay.storage.core.volume.VolumeUid;
import dev.notebay.storage.core.volume.VolumeView;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Volumes in the table {@code storage.volume}. */
public final class PostgresVolumeStore implements VolumeStore {
  private final Sql sql;

  public PostgresVolumeStore(Sql sql) {
    this.sql = sql;
  }

  @Override
  public Inserted insert(Volume volume, Optional<Request> request, int maximumOfOwner) {
    return sql.transaction(
        connection -> {
          lockOwner(connection, volume.owner());
          if (request.isPresent()) {
            Optional<Inserted> before = before(connection, volume.owner(), request.get());
            if (before.isPresent()) {
              return before.get();
            }
          }
          Optional<VolumeView> there = find(connection, volume.owner(), volume.id());
          if (there.isPresent()) {
            return new Inserted.Exists(there.get().volume());
          }
          if (count(connection, volume.owner()) >= maximumOfOwner) {
            return new Inserted.TooMany();
          }
          insert(connection, volume);
          if (request.isPresent()) {
            insert(connection, volume, request.get());
          }
          return new Inserted.Made();
        });
  }

  /** One creation at a time per owner, so that the number of volumes can be bounded. */
  private static void lockOwner(Connection connection, Owner owner) throws SQLException {
    try (PreparedStatement lock =
        connection.prepareStatement(
            "SELECT pg_advisory_xact_lock(hashtextextended('notebay-volume-owner|' || ?, 0))")) {
      lock.setString(1, owner.subject());
      lock.execute();
    }
  }

  private static Optional<Inserted> before(Connection connection, Owner owner, Request request)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            """
            SELECT r.digest, v.* FROM storage.create_request r
            JOIN storage.volume v ON v.uid = r.volume_uid
            WHERE r.owner = ? AND r.request_id = ? AND v.state <> 'PURGING'
            """)) {
      select.setString(1, owner.subject());
      select.setObject(2, request.id().value());
      try (ResultSet row = select.executeQuery()) {
        if (!row.next()) {
          return Optional.empty();
        }
        return Optional.of(
            row.getString("digest").equals(request.digest())
                ? new Inserted.Before(VolumeRows.volume(row))
                : new Inserted.OtherRequest());
      }
    }
  }

  private static int count(Connection connection, Owner owner) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT count(*) FROM storage.volume WHERE owner = ? AND state <> 'PURGING'")) {
      select.setString(1, owner.subject());
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getInt(1);
      }
    }
  }

  private static void insert(Connection connection, Volume volume) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            """
            INSERT INTO storage.volume (uid, owner, volume_id, display_name, access_mode,
              quota_bytes, state, state_time, expire_time, create_time, update_time, version)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)) {
      insert.setObject(1, volume.uid().value());
      insert.setString(2, volume.owner().subject());
      insert.setString(3, volume.id().value());
      insert.setString(4, volume.displayName());
      insert.setString(5, volume.accessMode().name());
      insert.setLong(6, volume.quota().bytes());
      VolumeRows.bindLife(insert, 7, volume.life());
      insert.setObject(10, time(volume.createdAt()));
      insert.setObject(11, time(volume.updatedAt()));
      insert.setLong(12, volume.version());
      insert.executeUpdate();
    }
  }

  private static void insert(Connection connection, Volume volume, Request request)
      throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            """
            INSERT INTO storage.create_request (owner, request_id, digest, volume_uid)
            VALUES (?, ?, ?, ?)
            ON CONFLICT (owner, request_id)
            DO UPDATE SET digest = excluded.digest, volume_uid = excluded.volume_uid
            """)) {
      insert.setString(1, volume.owner().subject());
      insert.setObject(2, request.id().value());
      insert.setString(3, request.digest());
      insert.setObject(4, volume.uid().value());
      insert.executeUpdate();
    }
  }

  @Override
  public Optional<VolumeView> find(Owner owner, VolumeId id) {
    return sql.transaction(connection -> find(connection, owner, id));
  }

  private static Optional<VolumeView> find(Connection connection, Owner owner, VolumeId id)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            """
            SELECT * FROM storage.volume
            WHERE owner = ? AND volume_id = ? AND state <> 'PURGING'
            """)) {
      select.setString(1, owner.subject());
      select.setString(2, id.value());
      return views(connection, select).stream().findFirst();
    }
  }

  @Override
  public List<VolumeView> list(
      Owner owner, Optional<VolumeId> after, boolean withDeleted, int limit) {
    return sql.transaction(
        connection -> {
          try (PreparedStatement select =
              connection.prepareStatement(
                  """
                  SELECT * FROM storage.volume
                  WHERE owner = ? AND volume_id > ? AND state <> 'PURGING'
                    AND (state = 'ACTIVE' OR ?)
                  ORDER BY volume_id LIMIT ?
                  """)) {
            select.setString(1, owner.subject());
            select.setString(2, after.map(VolumeId::value).orElse(""));
            select.setBoolean(3, withDeleted);
            select.setInt(4, limit);
            return views(connection, select);
          }
        });
  }

  private static List<VolumeView> views(Connection connection, PreparedStatement select)
      throws SQLException {
    List<VolumeView> views = new ArrayList<>();
    try (ResultSet row = select.executeQuery()) {
      while (row.next()) {
        Volume volume = VolumeRows.volume(row);
        List<Mount> mounts = VolumeRows.mounts(connection, volume.uid());
        views.add(new VolumeView(volume, VolumeRows.usage(row), mounts));
      }
    }
    return views;
  }

  @Override
  public boolean replace(Volume next) {
    return sql.transaction(connection -> replace(connection, next));
  }

  @Override
  public boolean replaceUnmounted(Volume next) {
    return sql.transaction(
        connection -> {
          lockVolume(connection, next.uid());
          // A statement of its own: it must see what was committed while the lock was waited for.
          List<Mount> mounts = VolumeRows.mounts(connection, next.uid());
          if (!mounts.isEmpty()) {
            throw new VolumeMounted(next.id(), mounts.size());
          }
          return replace(connection, next);
        });
  }

  private static void lockVolume(Connection connection, VolumeUid uid) throws SQLException {
    try (PreparedStatement lock =
        connection.prepareStatement("SELECT 1 FROM storage.volume WHERE uid = ? FOR UPDATE")) {
      lock.setObject(1, uid.value());
      lock.execute();
    }
  }

  private static boolean replace(Connection connection, Volume next) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            """
            UPDATE storage.volume
            SET display_name = ?, quota_bytes = ?, state = ?, state_time = ?, expire_time = ?,
              update_time = ?, version = version + 1
            WHERE uid = ? AND version = ?
            """)) {
      update.setString(1, next.displayName());
      update.setLong(2, next.quota().bytes());
      VolumeRows.bindLife(update, 3, next.life());
      update.setObject(6, time(next.updatedAt()));
      update.setObject(7, next.uid().value());
      update.setLong(8, next.version() - 1);
      return update.executeUpdate() == 1;
    }
  }

  @Override
  public List<Volume> expired(Instant now, int limit) {
    return sql.transaction(
        connection -> {
          try (PreparedStatement select =
              connection.prepareStatement(
                  """
                  SELECT * FROM storage.volume WHERE state = 'DELETED' AND expire_time <= ?
                  ORDER BY expire_time, uid LIMIT ?
                  """)) {
            select.setObject(1, time(now));
            select.setInt(2, limit);
            return volumes(select);
          }
        });
  }

  @Override
  public List<Volume> notMeasuredSince(Instant mounted, Instant others, int limit) {
    return sql.transaction(
        connection -> {
          try (PreparedStatement select =
              connection.prepareStatement(
                  """
                  SELECT * FROM storage.volume v
                  WHERE state = 'ACTIVE'
                    AND (measure_time IS NULL OR measure_time < ?
                      OR (measure_time < ?
                        AND EXISTS (SELECT 1 FROM storage.mount m WHERE m.volume_uid = v.uid)))
                  ORDER BY measure_time NULLS FIRST, uid LIMIT ?
                  """)) {
            select.setObject(1, time(others));
            select.setObject(2, time(mounted));
            select.setInt(3, limit);
            return volumes(select);
          }
        });
  }

  @Override
  public List<Volume> purging(int limit) {
    return sql.transaction(
        connection -> {
          try (PreparedStatement select =
              connection.prepareStatement(
                  """
                  SELECT * FROM storage.volume WHERE state = 'PURGING'
                  ORDER BY state_time, uid LIMIT ?
                  """)) {
            select.setInt(1, limit);
            return volumes(select);
          }
        });
  }

  private static List<Volume> volumes(PreparedStatement select) throws SQLException {
    List<Volume> volumes = new ArrayList<>();
    try (ResultSet row = select.executeQuery()) {
      while (row.next()) {
        volumes.add(VolumeRows.volume(row));
      }
    }
    return volumes;
  }

  @Override
  public void forget(VolumeUid uid) {
    sql.transaction(
        connection -> {
          try (PreparedStatement delete =
              connection.prepareStatement(
                  "DELETE FROM storage.volume WHERE uid = ? AND state = 'PURGING'")) {
            delete.setObject(1, uid.value());
            return delete.executeUpdate();
          }
        });
  }

  @Override
  public void measured(VolumeUid uid, Usage usage) {
    sql.transaction(
        connection -> {
          try (PreparedStatement update =
              connection.prepareStatement(
                  """
                  UPDATE storage.volume SET used_bytes = ?, file_count = ?, measure_time = ?
                  WHERE uid = ? AND (measure_time IS NULL OR measure_time <= ?)
                  """)) {
            update.setLong(1, usage.usedBytes());
            update.setLong(2, usage.fileCount());
            update.setObject(3, time(usage.measuredAt()));
            update.setObject(4, uid.value());
            update.setObject(5, time(usage.measuredAt()));
            return update.executeUpdate();
          }
        });
  }

  @Override
  public Totals totals() {
    return sql.transaction(
        connection -> {
          try (PreparedStatement select =
                  connection.prepareStatement(
                      """
                      SELECT count(*) FILTER (WHERE state = 'ACTIVE'),
                        count(*) FILTER (WHERE state = 'DELETED'),
                        count(*) FILTER (WHERE state = 'PURGING'),
                        (SELECT count(*) FROM storage.mount),
                        coalesce(sum(used_bytes), 0)::bigint,
                        coalesce(sum(quota_bytes) FILTER (WHERE state = 'ACTIVE'), 0)::bigint,
                        count(*) FILTER (WHERE state = 'ACTIVE' AND quota_bytes = 0)
                      FROM storage.volume
                      """);
              ResultSet row = select.executeQuery()) {
            row.next();
            return new Totals(
                row.getLong(1),
                row.getLong(2),
                row.getLong(3),
                row.getLong(4),
                row.getLong(5),
                row.getLong(6),
                row.getLong(7));
          }
        });
  }
}
