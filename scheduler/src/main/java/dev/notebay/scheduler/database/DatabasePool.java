package dev.notebay.scheduler.database;

import io.agroal.api.AgroalDataSource;
import io.agroal.api.cache.ConnectionCache;
import io.agroal.api.configuration.AgroalConnectionPoolConfiguration.ConnectionValidator;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import io.agroal.api.exceptionsorter.PostgreSQLExceptionSorter;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;

/**
 * A bounded pool of connections that heals by itself when the database has been away: every
 * connection is looked at before it is handed out, and new ones are made to where the database is
 * then.
 */
public final class DatabasePool {
  private static final int MAXIMUM_SIZE = 16;
  private static final Duration ACQUISITION_TIMEOUT = Duration.ofSeconds(2);
  private static final int VALIDATION_TIMEOUT_SECONDS = 2;

  /**
   * A plan is made while a table is small and kept when it is large. What has no index is read so
   * all the same.
   */
  private static final String BY_INDEX = "SET enable_seqscan = off";

  private DatabasePool() {}

  /**
   * A pool on the database that {@link DatabaseSource#of} finds. No connection is made before one
   * is asked for.
   */
  public static AgroalDataSource of(Map<String, String> environment, Path home) {
    var configuration =
        new AgroalDataSourceConfigurationSupplier()
            .connectionPoolConfiguration(
                pool ->
                    pool.maxSize(MAXIMUM_SIZE)
                        .acquisitionTimeout(ACQUISITION_TIMEOUT)
                        .validateOnBorrow(true)
                        .connectionValidator(
                            ConnectionValidator.defaultValidatorWithTimeout(
                                VALIDATION_TIMEOUT_SECONDS))
                        .exceptionSorter(new PostgreSQLExceptionSorter())
                        .reapTimeout(Duration.ofMinutes(5))
                        .maxLifetime(Duration.ofMinutes(30))
                        // Callers are virtual threads: what is kept per thread is never used again.
                        .connectionCache(ConnectionCache.none())
                        .connectionFactoryConfiguration(
                            factory ->
                                PoolDriver.configure(
                                        factory,
                                        DatabaseAddress.external(environment),
                                        EmbeddedDatabase.connectionFile(home))
                                    .initialSql(BY_INDEX)));
    try {
      return AgroalDataSource.from(configuration);
    } catch (SQLException e) {
      throw new DatabaseException("the pool of database connections cannot be made", e);
    }
  }
}
