package dev.notebay.reliability.processes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.leader.Leadership;
import dev.notebay.scheduler.database.DatabaseAddress;
import dev.notebay.scheduler.database.EmbeddedDatabase;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two schedulers on one PostgreSQL. The leader stands still for longer than its lease, so that the
 * other one takes over, and then goes on where it was, believing that it leads.
 */
class LeaderPauseIT {
  private static final Duration BEYOND_THE_LEASE = Leadership.TERM.plusSeconds(4);
  private static final Duration WORK = Duration.ofMillis(700);

  @TempDir Path directory = Path.of("");

  @Test
  void aLeaderThatStoodStillWritesNothingMore() throws Exception {
    Path distribution = Distribution.withStandIns(directory.resolve("dist")).directory();
    Path databaseHome = directory.resolve("database");
    EmbeddedDatabase postgres = EmbeddedDatabase.start(databaseHome);
    DatabaseAddress address = postgres.address();
    var installation =
        new Installation(
            directory.resolve("home"),
            distribution,
            new Database(databaseHome),
            Map.of(
                "NOTEBAY_DB_URL", address.url(),
                "NOTEBAY_DB_USER", address.user(),
                "NOTEBAY_DB_PASSWORD", address.password()));
    try (Service other = installation.anotherScheduler();
        var trials = new Trials(installation, 1)) {
      other.start();
      other.requireServing();
      for (int pause = 0; pause < Scale.wanted().leaderPauses(); pause++) {
        Reign reign = reign(installation);
        Service leader = reign.isOf(other) ? other : installation.scheduler();
        trials.run(
            "pause " + pause,
            () -> {
              Poll.pause(WORK);
              leader.signal("STOP");
              Poll.pause(BEYOND_THE_LEASE);
              assertThat(reign(installation).epoch())
                  .as("another reign")
                  .isGreaterThan(reign.epoch());
              leader.signal("CONT");
              Poll.pause(WORK);
            });
      }
      trials.drain();
      assertThat(trials.acknowledged()).isPositive();
    } finally {
      postgres.stop();
    }
  }

  private record Reign(long epoch, String replica) {
    boolean isOf(Service scheduler) {
      return replica.contains(":" + scheduler.endpoint().port() + " ");
    }
  }

  private static Reign reign(Installation installation) throws Exception {
    try (Connection connection = installation.database().connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT epoch, replica FROM scheduler.leader")) {
      if (!row.next()) {
        throw new SQLException("nobody leads");
      }
      return new Reign(row.getLong(1), row.getString(2));
    }
  }
}
