package dev.notebay.scheduler.config;

import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;
import org.jspecify.annotations.Nullable;

/** Ready when requests are served and the database answers. */
@Readiness
@ApplicationScoped
public class ReadinessCheck implements HealthCheck {
  private static final int TIMEOUT_SECONDS = 2;

  private volatile @Nullable DataSource database;

  void serve(DataSource database) {
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
