package dev.notebay.scheduler.database;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLTransientConnectionException;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;

/**
 * Physical connections to the database, wherever it is now. The embedded one may come back on
 * another port: its address is read anew for every connection. Nothing waits without a limit.
 */
public final class DatabaseSource implements DataSource {
  private static final String CONNECT_TIMEOUT_SECONDS = "3";
  private static final String SOCKET_TIMEOUT_SECONDS = "10";

  private final Optional<DatabaseAddress> external;
  private final Path connectionFile;

  /**
   * @param external a database that is not ours
   * @param connectionFile where the embedded one says where it is, to be used otherwise
   */
  public DatabaseSource(Optional<DatabaseAddress> external, Path connectionFile) {
    this.external = external;
    this.connectionFile = connectionFile;
  }

  /**
   * @param environment {@code NOTEBAY_DB_URL}, {@code NOTEBAY_DB_USER}, {@code NOTEBAY_DB_PASSWORD}
   *     of a database that is not ours
   * @param home where the embedded one is otherwise
   */
  public static DatabaseSource of(Map<String, String> environment, Path home) {
    return new DatabaseSource(
        DatabaseAddress.external(environment), EmbeddedDatabase.connectionFile(home));
  }

  @Override
  public Connection getConnection() throws SQLException {
    return connect(address());
  }

  DatabaseAddress address() throws SQLException {
    if (external.isPresent()) {
      return external.get();
    }
    try {
      return DatabaseAddress.read(connectionFile);
    } catch (IOException e) {
      throw new SQLTransientConnectionException("cannot read " + connectionFile, "08001", e);
    }
  }

  static Connection connect(DatabaseAddress address) throws SQLException {
    Properties properties = new Properties();
    if (!address.user().isEmpty()) {
      properties.setProperty("user", address.user());
    }
    if (!address.password().isEmpty()) {
      properties.setProperty("password", address.password());
    }
    properties.setProperty("ApplicationName", "notebay-scheduler");
    properties.setProperty("connectTimeout", CONNECT_TIMEOUT_SECONDS);
    properties.setProperty("loginTimeout", CONNECT_TIMEOUT_SECONDS);
    properties.setProperty("socketTimeout", SOCKET_TIMEOUT_SECONDS);
    properties.setProperty("tcpKeepAlive", "true");
    // Not by DriverManager, which does not find drivers through every class loader.
    Connection connection = new Driver().connect(address.url(), properties);
    if (connection == null) {
      throw new SQLNonTransientConnectionException("not a PostgreSQL: " + address, "08001");
    }
    return connection;
  }

  @Override
  public Connection getConnection(String user, String password) throws SQLException {
    throw new SQLFeatureNotSupportedException("the user is part of the address");
  }

  @Override
  public @Nullable PrintWriter getLogWriter() {
    return null;
  }

  @Override
  public void setLogWriter(@Nullable PrintWriter out) throws SQLException {
    throw new SQLFeatureNotSupportedException("logs are not written here");
  }

  @Override
  public void setLoginTimeout(int seconds) throws SQLException {
    throw new SQLFeatureNotSupportedException("the login timeout is fixed");
  }

  @Override
  public int getLoginTimeout() {
    return Integer.parseInt(CONNECT_TIMEOUT_SECONDS);
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    throw new SQLFeatureNotSupportedException("logs are not written here");
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    throw new SQLException("not a wrapper of " + type.getName());
  }

  @Override
  public boolean isWrapperFor(Class<?> type) {
    return false;
  }
}
