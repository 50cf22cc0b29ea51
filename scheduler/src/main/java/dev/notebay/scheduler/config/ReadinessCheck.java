package dev.notebay.scheduler.config;

import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;
import org.jspecify.annotations.Nullable;

/** Ready when requests are served, the control loop turns and the database answers. */
@Readiness
@ApplicationScoped
public class ReadinessCheck implements HealthCheck {
  private static final int TIMEOUT_SECONDS = 2;

  /** A loop that has not ended a pass for so long places and stops nobody. */
  private static final Duration STALLED = Duration.ofSeconds(30);

  private volatile @Nullable DataSource database;
  private volatile Supplier<Duration> sinceLastGoodPass = () -> Duration.ZERO;

  void serve(DataSource database, Supplier<Duration> sinceLastGoodPass) {
    this.sinceLastGoodPass = sinceLastGoodPass;
    this.database = database;
  }

  void end() {
    database = null;
  }

  @Override
  public HealthCheckResponse call() {
    var response = HealthCheckResponse.named("scheduler");
    DataSource source = database;
    if (source == null) {
      return response.down().withData("reason", "starting or stopping").build();
    }
    Duration since = sinceLastGoodPass.get();
    if (since.compareTo(STALLED) > 0) {
      return response
          .down()
          .withData(
              "reason",
              "no pass of the control loop has ended well for " + since.toSeconds() + " s")
          .build();
    }
    try (Connection connection = source.getConnection()) {
      return response.status(connection.isValid(TIMEOUT_SECONDS)).build();
    } catch (SQLException failure) {
      return response
          .down()
          .withData("reason", "the database does not answer: " + failure.getMessage())
          .build();
    }
  }
}
