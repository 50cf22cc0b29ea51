package dev.notebay.scheduler.config;

import dev.notebay.scheduler.config.Settings.SettingException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Who may use a state directory at the same time: one scheduler that runs the embedded database, or
 * any number that share an external one. Held until it is closed or the process ends, however that
 * ends.
 */
final class StateDirectoryLock implements AutoCloseable {
  private final FileChannel file;

  private StateDirectoryLock(FileChannel file) {
    this.file = file;
  }

  /**
   * @param shared whether others with an external database may run beside this one
   * @throws SettingException when another scheduler is in the way
   */
  static StateDirectoryLock take(Path home, boolean shared) throws IOException {
    Files.createDirectories(home.resolve("run"));
    FileChannel file =
        FileChannel.open(
            home.resolve("run/scheduler.lock"),
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    FileLock lock = file.tryLock(0, Long.MAX_VALUE, shared);
    if (lock == null) {
      file.close();
      throw new SettingException(
          "a scheduler "
              + (shared ? "with the embedded database " : "")
              + "runs already for NOTEBAY_HOME "
              + home
              + "; stop it first"
              + (shared ? "" : ", or give both NOTEBAY_DB_URL"));
    }
    return new StateDirectoryLock(file);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
