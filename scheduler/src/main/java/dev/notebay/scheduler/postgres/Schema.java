package dev.notebay.scheduler.postgres;

import dev.notebay.scheduler.core.SchedulerException.StoreUnavailable;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/** The scheduler's own schema in a database that it may share with the storage gateway. */
public final class Schema {
  static final String NAME = "scheduler";

  private Schema() {}

  /**
   * Brings the schema up to what this version of the scheduler needs. Doing it twice is safe.
   *
   * @throws StoreUnavailable when the database cannot be reached; the message says why
   */
  public static void migrate(DataSource dataSource) {
    try (Connection first = dataSource.getConnection()) {
      first.getMetaData();
    } catch (SQLException away) {
      throw new StoreUnavailable("the database does not answer: " + away.getMessage(), away);
    }
    Flyway.configure(Schema.class.getClassLoader())
        .dataSource(dataSource)
        .schemas(NAME)
        .defaultSchema(NAME)
        .resourceProvider(new MigrationFiles())
        .load()
        .migrate();
  }
}
