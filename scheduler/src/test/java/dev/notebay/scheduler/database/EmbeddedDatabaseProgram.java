package dev.notebay.scheduler.database;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;

/** A scheduler of which only the database is there; it is told on standard input what to do. */
final class EmbeddedDatabaseProgram {
  private EmbeddedDatabaseProgram() {}

  public static void main(String[] arguments) throws IOException, SQLException {
    Path home = Path.of(arguments[0]);
    EmbeddedDatabase database = EmbeddedDatabase.start(home);
    try (Connection connection = DatabaseSource.of(Map.of(), home).getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE IF NOT EXISTS life (began timestamptz DEFAULT now())");
      statement.execute("INSERT INTO life DEFAULT VALUES");
      try (ResultSet lives = statement.executeQuery("SELECT count(*) FROM life")) {
        lives.next();
        System.out.println(
            "ready pid=" + database.pid().orElseThrow() + " lives=" + lives.getInt(1));
      }
    }
    if (System.in.read() == 's') {
      database.stop();
      System.out.println("stopped");
    }
  }
}
