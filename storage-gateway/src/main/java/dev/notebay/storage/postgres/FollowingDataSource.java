package dev.notebay.storage.postgres;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.Properties;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGProperty;

/**
 * Connects to where the database is now: it reads the connection file anew for every physical
 * connection, because the embedded PostgreSQL may come back on another port. A pool makes one by
 * the public constructor and then sets its properties.
 */
public final class FollowingDataSource implements DataSource {
  private static final String CONNECTION_LOST = "08001";
  private static final Driver DRIVER = new org.postgresql.Driver();

  private @Nullable Path file;
  private Properties fixed = new Properties();

  /** Follows the file with {@code url}, {@code user} and {@code password} at {@code path}. */
  public void setFile(String path) {
    file = Path.of(path);
  }

  /** Always this database instead. */
  public void setFixedUrl(String url) {
    fixed.setProperty("url", url);
  }

  public void setFixedUser(String user) {
    fixed.setProperty("user", user);
  }

  public void setFixedPassword(String password) {
    fixed.setProperty("password", password);
  }

  @Override
  public Connection getConnection() throws SQLException {
    Properties target = file == null ? fixed : read(file);
    String url = target.getProperty("url", "");
    var properties = new Properties();
    PGProperty.CONNECT_TIMEOUT.set(properties, 3);
    PGProperty.LOGIN_TIMEOUT.set(properties, 5);
    PGProperty.SOCKET_TIMEOUT.set(properties, 20);
    PGProperty.TCP_KEEP_ALIVE.set(properties, true);
    PGProperty.APPLICATION_NAME.set(properties, "notebay-storage-gateway");
    PGProperty.OPTIONS.set(
        properties,
        "-c statement_timeout=10000 -c lock_timeout=5000"
            + " -c idle_in_transaction_session_timeout=30000 -c TimeZone=UTC");
    copy(target, "user", properties);
    copy(target, "password", properties);
    Connection connection = DRIVER.connect(url, properties);
    if (connection == null) {
      throw new SQLException(
          "not a PostgreSQL address (expected: jdbc:postgresql://host:port/database)",
          CONNECTION_LOST);
    }
    return connection;
  }

  private static void copy(Properties from, String name, Properties to) {
    String value = from.getProperty(name);
    if (value != null) {
      to.setProperty(name, value);
    }
  }

  private static Properties read(Path file) throws SQLException {
    var properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      properties.load(reader);
    } catch (NoSuchFileException missing) {
      throw new SQLException(
          "no database yet: " + file + " is not there (the scheduler writes it)",
          CONNECTION_LOST,
          missing);
    } catch (IOException | IllegalArgumentException failure) {
      throw new SQLException("cannot read " + file, CONNECTION_LOST, failure);
    }
    return properties;
  }

  @Override
  public Connection getConnection(String user, String password) throws SQLException {
    return getConnection();
  }

  @Override
  public @Nullable PrintWriter getLogWriter() {
    return null;
  }

  @Override
  public void setLogWriter(@Nullable PrintWriter out) {
    // The driver logs through java.util.logging.
  }

  @Override
  public void setLoginTimeout(int seconds) {
    // Fixed in getConnection().
  }

  @Override
  public int getLoginTimeout() {
    return 0;
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    return DRIVER.getParentLogger();
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    throw new SQLException("wraps nothing");
  }

  @Override
  public boolean isWrapperFor(Class<?> type) {
    return false;
  }
}
