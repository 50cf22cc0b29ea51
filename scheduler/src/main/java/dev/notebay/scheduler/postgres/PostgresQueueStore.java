package dev.notebay.scheduler.postgres;

import dev.notebay.scheduler.core.queue.QueueSpec;
import dev.notebay.scheduler.core.queue.QueueStore;
import dev.notebay.scheduler.core.queue.Queues;
import dev.notebay.scheduler.core.queue.Quota;
import dev.notebay.scheduler.core.queue.UserLimits.Budget;
import dev.notebay.scheduler.postgres.Transactions.Transaction;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Queues in the tables {@code scheduler.queue} and {@code scheduler.quota}.
 *
 * <p>The one row of {@code scheduler.queue_version} is what writers take turns at and what readers
 * hold still, so that nobody reads half of a change.
 */
public final class PostgresQueueStore implements QueueStore {
  private final Transactions transactions;

  public PostgresQueueStore(DataSource dataSource) {
    this.transactions = new Transactions(dataSource, Transactions.STATEMENT_TIMEOUT);
  }

  @Override
  public long version() {
    return transactions.read(
        "read the version of the queues",
        transaction -> version(transaction, "SELECT version FROM scheduler.queue_version"));
  }

  @Override
  public Stored read() {
    return transactions.run(
        "read the queues",
        transaction ->
            stored(
                transaction,
                version(transaction, "SELECT version FROM scheduler.queue_version FOR KEY SHARE")));
  }

  @Override
  public Optional<Stored> replace(Queues next, long version) {
    return transactions.run(
        "change the queues",
        transaction -> {
          long present =
              version(transaction, "SELECT version FROM scheduler.queue_version FOR UPDATE");
          if (present != version) {
            return Optional.empty();
          }
          Stored before = stored(transaction, present);
          if (before.queues().equals(next)) {
            return Optional.of(before);
          }
          write(transaction, next);
          return Optional.of(
              new Stored(
                  next,
                  version(
                      transaction,
                      "UPDATE scheduler.queue_version SET version = version + 1"
                          + " RETURNING version")));
        });
  }

  private static long version(Transaction transaction, String sql) throws SQLException {
    try (PreparedStatement statement = transaction.prepare(sql);
        ResultSet row = statement.executeQuery()) {
      row.next();
      return row.getLong("version");
    }
  }

  private static Stored stored(Transaction transaction, long version) throws SQLException {
    Map<String, List<Quota>> quotas = new HashMap<>();
    try (PreparedStatement select =
            transaction.prepare("SELECT * FROM scheduler.quota ORDER BY queue, position");
        ResultSet row = select.executeQuery()) {
      while (row.next()) {
        quotas
            .computeIfAbsent(row.getString("queue"), _ -> new ArrayList<>())
            .add(QueueRows.quota(row));
      }
    }
    List<QueueSpec> queues = new ArrayList<>();
    try (PreparedStatement select = transaction.prepare("SELECT * FROM scheduler.queue");
        ResultSet row = select.executeQuery()) {
      while (row.next()) {
        queues.add(QueueRows.queue(row, quotas.getOrDefault(row.getString("name"), List.of())));
      }
    }
    return new Stored(Queues.of(queues), version);
  }

  private static void write(Transaction transaction, Queues next) throws SQLException {
    try (PreparedStatement delete = transaction.prepare("DELETE FROM scheduler.queue")) {
      delete.executeUpdate();
    }
    try (PreparedStatement queue =
            transaction.prepare(
                """
                INSERT INTO scheduler.queue (
                  name, cohort, weight, reclaim, preemption, minimum_run_nanos, notice_nanos,
                  lowest_priority, highest_priority,
                  user_sessions, user_devices_milli, budget_gpu_seconds, budget_period_nanos)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """);
        PreparedStatement quota =
            transaction.prepare(
                """
                INSERT INTO scheduler.quota (
                  queue, accelerator, position,
                  nominal_milli, borrowing_limit_milli, lending_limit_milli)
                VALUES (?, ?, ?, ?, ?, ?)
                """)) {
      for (QueueSpec each : next.all()) {
        bind(queue, parameters(each));
        for (int position = 0; position < each.quotas().size(); position++) {
          Quota stated = each.quotas().get(position);
          bind(
              quota,
              new @Nullable Object[] {
                each.name(),
                stated.accelerator(),
                position,
                stated.nominalMilli(),
                orNull(stated.borrowingLimitMilli()),
                orNull(stated.lendingLimitMilli())
              });
        }
      }
      queue.executeBatch();
      quota.executeBatch();
    }
  }

  private static @Nullable Object[] parameters(QueueSpec queue) {
    var limits = queue.userLimits();
    return new @Nullable Object[] {
      queue.name(),
      queue.cohort().orElse(null),
      queue.weight(),
      queue.reclaim().name(),
      queue.preemption().name(),
      queue.minimumRun().toNanos(),
      queue.notice().toNanos(),
      queue.priorities().lowest(),
      queue.priorities().highest(),
      limits.sessions().isPresent() ? limits.sessions().getAsInt() : null,
      orNull(limits.devicesMilli()),
      limits.budget().map(Budget::gpuSeconds).orElse(null),
      limits.budget().map(budget -> budget.period().toNanos()).orElse(null)
    };
  }

  private static void bind(PreparedStatement batch, @Nullable Object[] parameters)
      throws SQLException {
    for (int i = 0; i < parameters.length; i++) {
      batch.setObject(i + 1, parameters[i]);
    }
    batch.addBatch();
  }

  private static @Nullable Long orNull(OptionalLong value) {
    return value.isPresent() ? value.getAsLong() : null;
  }
}
