package dev.notebay.scheduler.config;

import dev.notebay.scheduler.config.Settings.SettingException;
import java.io.IOException;
import java.nio.file.Path;

/** A scheduler of which only the lock is there. */
final class StateDirectoryLockProgram {
  private StateDirectoryLockProgram() {}

  public static void main(String[] arguments) throws IOException {
    try (StateDirectoryLock _ =
        StateDirectoryLock.take(Path.of(arguments[0]), Boolean.parseBoolean(arguments[1]))) {
      System.out.println("taken");
      while (System.in.read() >= 0) {}
    } catch (SettingException refused) {
      System.out.println(refused.getMessage());
    }
  }
}
