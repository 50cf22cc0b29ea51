package dev.notebay.storage.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.storage.core.mount.MountStore;
import dev.notebay.storage.core.volume.StoreContract;
import dev.notebay.storage.core.volume.VolumeStore;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class PostgresStoreTest extends StoreContract {
  private static EmbeddedPostgres postgres;
  private static Database database;

  @BeforeAll
  static void start() throws IOException {
    postgres = EmbeddedPostgres.start();
    database =
        Database.at(
            new Database.Place.Fixed(
                postgres.getJdbcUrl("postgres", "postgres"),
                Optional.of("postgres"),
                Optional.empty()));
    assertThat(database.migrate()).isTrue();
    assertThat(database.migrate()).isTrue();
  }

  @AfterAll
  static void stop() throws IOException {
    database.close();
    postgres.close();
  }

  @Override
  protected VolumeStore volumes() {
    return new PostgresVolumeStore(database.sql());
  }

  @Override
  protected MountStore mounts() {
    return new PostgresMountStore(database.sql());
  }
}
