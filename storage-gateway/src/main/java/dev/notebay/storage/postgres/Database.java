package dev.notebay.storage.postgres;

import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.AgroalConnectionPoolConfiguration.ConnectionValidator;
import io.agroal.api.configuration.supplier.AgroalConnectionFactoryConfigurationSupplier;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/**
 * The pool of connections, and whether the schema behind it is up to date. It can be made while the
 * database is away; {@link #migrate} is to be repeated until it succeeds.
 */
public final class Database implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Database.class.getName());
  private static final int CONNECTIONS = 16;

  private final AgroalDataSource pool;
  private volatile boolean migrated;
  private volatile String problem = "not connected yet";

  private Database(AgroalDataSource pool) {
    this.pool = pool;
  }

  /** Where the database is. */
  public sealed interface Place {
    /** Where the file says, whenever a connection is made. */
    record Following(Path connectionFile) implements Place {}

    /** Always there. */
    record Fixed(String url, Optional<String> user, Optional<String> password) implements Place {
      @Override
      public String toString() {
        return "Fixed[user=" + user + "]";
      }
    }
  }

  public static Database at(Place place) {
    try {
      return new Database(
          AgroalDataSource.from(
              new AgroalDataSourceConfigurationSupplier()
                  .metricsEnabled(false)
                  .connectionPoolConfiguration(
                      pool ->
                          pool.minSize(0)
                              .maxSize(CONNECTIONS)
                              .acquisitionTimeout(Duration.ofSeconds(5))
                              .reapTimeout(Duration.ofMinutes(5))
                              .maxLifetime(Duration.ofMinutes(30))
                              .validateOnBorrow(true)
                              .connectionValidator(
                                  ConnectionValidator.defaultValidatorWithTimeout(3))
                              .connectionFactoryConfiguration(factory -> aim(factory, place)))));
    } catch (SQLException impossible) {
      throw new IllegalStateException("the connection pool cannot be made", impossible);
    }
  }

  private static AgroalConnectionFactoryConfigurationSupplier aim(
      AgroalConnectionFactoryConfigurationSupplier factory, Place place) {
    factory.connectionProviderClass(FollowingDataSource.class);
    switch (place) {
      case Place.Following(var file) -> factory.jdbcProperty("file", file.toString());
      case Place.Fixed(var url, var user, var password) -> {
        factory.jdbcProperty("fixedUrl", url);
        user.ifPresent(value -> factory.jdbcProperty("fixedUser", value));
        password.ifPresent(value -> factory.jdbcProperty("fixedPassword", value));
      }
    }
    return factory;
  }

  /** For stores: refuses work until the schema is there. */
  public Sql sql() {
    return new Sql(pool, () -> migrated);
  }

  /** Brings the schema up to date; returns whether it is. What is in the way is in the log once. */
  public boolean migrate() {
    try (Connection probe = pool.getConnection()) {
      probe.isValid(1);
    } catch (SQLException away) {
      report(away);
      return false;
    }
    try {
      Flyway.configure(Database.class.getClassLoader())
          .dataSource(pool)
          .schemas("storage")
          .locations("classpath:db/storage")
          .load()
          .migrate();
      migrated = true;
      LOG.log(System.Logger.Level.INFO, "database ready schema=storage");
      return true;
    } catch (FlywayException failure) {
      report(failure);
      return false;
    }
  }

  private void report(Exception failure) {
    String now = cause(failure);
    if (!now.equals(problem)) {
      problem = now;
      LOG.log(System.Logger.Level.WARNING, "database not ready, trying on cause=" + now);
    }
  }

  /** The innermost thing that the driver said; frameworks wrap it. */
  private static String cause(Throwable failure) {
    String said = String.valueOf(failure.getMessage());
    for (Throwable at = failure; at != null; at = at.getCause()) {
      if (at instanceof SQLException) {
        said = String.valueOf(at.getMessage());
      }
    }
    return said;
  }

  /** What keeps the database from serving, now; empty where nothing does. */
  public Optional<String> problem() {
    if (!migrated) {
      return Optional.of(problem);
    }
    try (Connection connection = pool.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("SELECT 1");
      return Optional.empty();
    } catch (SQLException away) {
      return Optional.of(cause(away));
    }
  }

  @Override
  public void close() {
    pool.close();
  }
}
