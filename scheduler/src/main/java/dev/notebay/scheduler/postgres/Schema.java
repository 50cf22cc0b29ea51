package dev.notebay.scheduler.postgres;

import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/** The scheduler's own schema in a database that it may share with the storage gateway. */
public final class Schema {
  static final String NAME = "scheduler";

  private Schema() {}

  /** Brings the schema up to what this version of the scheduler needs. Doing it twice is safe. */
  public static void migrate(DataSource dataSource) {
    Flyway.configure(Schema.class.getClassLoader())
        .dataSource(dataSource)
        .schemas(NAME)
        .defaultSchema(NAME)
        .resourceProvider(new MigrationFiles())
        .load()
        .migrate();
  }
}
