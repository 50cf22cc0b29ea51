package dev.notebay.scheduler.database;

import io.agroal.api.configuration.supplier.AgroalConnectionFactoryConfigurationSupplier;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.Optional;
import java.util.Properties;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Makes the connections of {@link DatabasePool} through a {@link DatabaseSource}. Agroal takes a
 * class and properties, not an object; hence this driver, which is registered nowhere.
 */
public final class PoolDriver implements Driver {
  private static final String URL = "jdbc:notebay:";

  static AgroalConnectionFactoryConfigurationSupplier configure(
      AgroalConnectionFactoryConfigurationSupplier factory,
      Optional<DatabaseAddress> external,
      Path connectionFile) {
    factory
        .connectionProviderClass(PoolDriver.class)
        .jdbcUrl(URL)
        .jdbcProperty("notebay.connection-file", connectionFile.toString());
    external.ifPresent(
        address ->
            factory
                .jdbcProperty("notebay.url", address.url())
                .jdbcProperty("notebay.user", address.user())
                .jdbcProperty("notebay.password", address.password()));
    return factory;
  }

  @Override
  public @Nullable Connection connect(String url, Properties properties) throws SQLException {
    if (!acceptsURL(url)) {
      return null;
    }
    Optional<DatabaseAddress> external =
        Optional.ofNullable(properties.getProperty("notebay.url"))
            .map(
                there ->
                    new DatabaseAddress(
                        there,
                        properties.getProperty("notebay.user", ""),
                        properties.getProperty("notebay.password", "")));
    return new DatabaseSource(
            external, Path.of(properties.getProperty("notebay.connection-file", "")))
        .getConnection();
  }

  @Override
  public boolean acceptsURL(String url) {
    return url.startsWith(URL);
  }

  @Override
  public DriverPropertyInfo[] getPropertyInfo(String url, Properties properties) {
    return new DriverPropertyInfo[0];
  }

  @Override
  public int getMajorVersion() {
    return 1;
  }

  @Override
  public int getMinorVersion() {
    return 0;
  }

  @Override
  public boolean jdbcCompliant() {
    return false;
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    throw new SQLFeatureNotSupportedException("logs are not written here");
  }
}
