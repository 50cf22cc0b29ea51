package dev.notebay.scheduler.postgres;

import dev.notebay.scheduler.core.queue.Preemption;
import dev.notebay.scheduler.core.queue.PriorityRange;
import dev.notebay.scheduler.core.queue.QueueSpec;
import dev.notebay.scheduler.core.queue.Quota;
import dev.notebay.scheduler.core.queue.Reclaim;
import dev.notebay.scheduler.core.queue.UserLimits;
import dev.notebay.scheduler.core.queue.UserLimits.Budget;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Rows of the tables {@code queue} and {@code quota} as what they stand for. */
final class QueueRows {
  private QueueRows() {}

  static QueueSpec queue(ResultSet row, List<Quota> quotas) throws SQLException {
    return new QueueSpec(
        row.getString("name"),
        Optional.ofNullable(row.getString("cohort")),
        quotas,
        row.getDouble("weight"),
        Reclaim.valueOf(row.getString("reclaim")),
        Preemption.valueOf(row.getString("preemption")),
        Duration.ofNanos(row.getLong("minimum_run_nanos")),
        Duration.ofNanos(row.getLong("notice_nanos")),
        limits(row),
        new PriorityRange(row.getInt("lowest_priority"), row.getInt("highest_priority")));
  }

  private static UserLimits limits(ResultSet row) throws SQLException {
    OptionalLong sessions = number(row, "user_sessions");
    OptionalLong seconds = number(row, "budget_gpu_seconds");
    return new UserLimits(
        sessions.isPresent()
            ? OptionalInt.of(Math.toIntExact(sessions.getAsLong()))
            : OptionalInt.empty(),
        number(row, "user_devices_milli"),
        seconds.isPresent()
            ? Optional.of(
                new Budget(
                    seconds.getAsLong(), Duration.ofNanos(row.getLong("budget_period_nanos"))))
            : Optional.empty());
  }

  static Quota quota(ResultSet row) throws SQLException {
    return new Quota(
        row.getString("accelerator"),
        row.getLong("nominal_milli"),
        number(row, "borrowing_limit_milli"),
        number(row, "lending_limit_milli"));
  }

  private static OptionalLong number(ResultSet row, String column) throws SQLException {
    long value = row.getLong(column);
    return row.wasNull() ? OptionalLong.empty() : OptionalLong.of(value);
  }
}
