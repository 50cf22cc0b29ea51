package dev.notebay.scheduler.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.flywaydb.core.api.ResourceProvider;
import org.flywaydb.core.api.resource.LoadableResource;
import org.jspecify.annotations.Nullable;

/** The schema's versions, by name: not every class loader lets a directory be listed. */
final class MigrationFiles implements ResourceProvider {
  static final String DIRECTORY = "db/migration/";
  static final List<String> NAMES =
      List.of(
          "V1__sessions.sql",
          "V2__installation.sql",
          "V3__leader_and_ledger.sql",
          "V4__change_feed.sql",
          "V5__queues.sql",
          "V6__queue_tables.sql",
          "V7__images_and_reasons.sql",
          "V8__devices_in_use_of_a_session.sql",
          "V9__one_index_of_unfinished_sessions.sql",
          "V10__shares_of_devices.sql",
          "V11__device_uses_that_begin.sql",
          "V12__changes_of_sessions.sql");

  @Override
  public @Nullable LoadableResource getResource(String name) {
    return NAMES.stream()
        .filter(known -> name.equals(known) || name.equals(DIRECTORY + known))
        .map(MigrationFile::new)
        .findFirst()
        .orElse(null);
  }

  @Override
  public Collection<LoadableResource> getResources(String prefix, String[] suffixes) {
    return NAMES.stream()
        .filter(name -> name.startsWith(prefix) && Stream.of(suffixes).anyMatch(name::endsWith))
        .<LoadableResource>map(MigrationFile::new)
        .toList();
  }

  private static final class MigrationFile extends LoadableResource {
    private final String name;

    MigrationFile(String name) {
      this.name = name;
    }

    @Override
    public Reader read() {
      InputStream content = MigrationFiles.class.getResourceAsStream("/" + getAbsolutePath());
      if (content == null) {
        throw new UncheckedIOException(new IOException("missing: " + getAbsolutePath()));
      }
      return new InputStreamReader(content, StandardCharsets.UTF_8);
    }

    @Override
    public String getAbsolutePath() {
      return DIRECTORY + name;
    }

    @Override
    public String getAbsolutePathOnDisk() {
      return getAbsolutePath();
    }

    @Override
    public String getFilename() {
      return name;
    }

    @Override
    public String getRelativePath() {
      return getAbsolutePath();
    }
  }
}
