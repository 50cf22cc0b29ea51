package dev.notebay.agent.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * A cgroup's count of out-of-memory kills: {@code memory.events} (v2), {@code memory.oom_control}
 * (v1).
 */
public final class MemoryEvents {
  private MemoryEvents() {}

  /** Empty where the file does not tell. */
  public static OptionalLong kills(Path file) {
    try {
      for (String line : Files.readAllLines(file)) {
        if (line.matches("oom_kill \\d{1,18}")) {
          return OptionalLong.of(Long.parseLong(line.substring("oom_kill ".length())));
        }
      }
    } catch (IOException e) {
      return OptionalLong.empty(); // the cgroup is gone or was never there: nobody counts
    }
    return OptionalLong.empty();
  }
}
