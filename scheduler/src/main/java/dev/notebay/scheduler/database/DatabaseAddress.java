package dev.notebay.scheduler.database;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;

/**
 * Where a database is and how to log in there.
 *
 * @param url JDBC URL
 */
public record DatabaseAddress(String url, String user, String password) {
  /** In a database that is not ours, by the environment; empty when ours is to be used. */
  public static Optional<DatabaseAddress> external(Map<String, String> environment) {
    String url = environment.getOrDefault("NOTEBAY_DB_URL", "");
    if (url.isBlank()) {
      return Optional.empty();
    }
    if (!url.startsWith("jdbc:postgresql:")) {
      // The value may hold a password.
      throw new DatabaseException(
          "NOTEBAY_DB_URL is not the URL of a PostgreSQL"
              + " (expected: jdbc:postgresql://host:port/database)");
    }
    return Optional.of(
        new DatabaseAddress(
            url,
            environment.getOrDefault("NOTEBAY_DB_USER", ""),
            environment.getOrDefault("NOTEBAY_DB_PASSWORD", "")));
  }

  /** The embedded database's, on this machine's own loopback address. */
  static DatabaseAddress local(int port, String database, String password) {
    return new DatabaseAddress(
        "jdbc:postgresql://127.0.0.1:" + port + "/" + database, EmbeddedDatabase.USER, password);
  }

  static DatabaseAddress read(Path file) throws IOException {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      properties.load(reader);
    }
    return new DatabaseAddress(
        required(file, properties, "url"),
        required(file, properties, "user"),
        required(file, properties, "password"));
  }

  private static String required(Path file, Properties properties, String key) throws IOException {
    String value = properties.getProperty(key);
    if (value == null) {
      throw new IOException(file + " lacks " + key);
    }
    return value;
  }

  void write(Path file) throws IOException {
    PrivateFiles.write(
        file,
        """
        # Written by the scheduler at every start of the embedded PostgreSQL.
        url=%s
        user=%s
        password=%s
        """
            .formatted(url, user, password));
  }

  /** Its password is nobody's business. */
  @Override
  public String toString() {
    return user + " at " + url.replaceFirst("\\?.*", "?…");
  }
}
