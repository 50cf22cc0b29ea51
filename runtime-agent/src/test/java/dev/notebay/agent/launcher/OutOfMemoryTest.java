package dev.notebay.agent.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.notebay.agent.files.MemoryEvents;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** On a real ipykernel in a real memory cgroup, where this machine lets us make one. */
@Timeout(120)
class OutOfMemoryTest {
  private static final String LIMIT = Long.toString(256L << 20);

  @Test
  void aCellThatTakesMoreThanTheLimitIsExplained() throws Exception {
    Path version1 = Path.of("/sys/fs/cgroup/memory");
    boolean old = Files.isDirectory(version1);
    Path group =
        (old ? version1 : Path.of("/sys/fs/cgroup")).resolve("notebay-test-" + UUID.randomUUID());
    assumeTrue(made(group, old), "no memory cgroup can be made here: not tested");
    try {
      String join = "echo $$ > " + group.resolve("cgroup.procs") + "; exec \"$@\"";
      Path events = group.resolve(old ? "memory.oom_control" : "memory.events");
      try (Session session = new Session(List.of("sh", "-c", join, "sh"))) {
        session.outOfMemoryKills = () -> MemoryEvents.kills(events);
        var client = session.start();
        client.run("1");
        session.agent().restart(client.id); // counts from here on
        client.run("1");
        String request =
            client.execute("a = []\nwhile True:\n  a.append(bytearray(b'x') * (16 << 20))");
        assertThat(client.reply(request).content().getString("evalue"))
            .contains("ran out of memory (its limit of 256 MiB was reached")
            .contains("SIGKILL");
        client.idle(request);
        assertThat(client.text(request, "stderr")).contains("ran out of memory");
        assertThat(client.run("1").content().getString("status")).isEqualTo("ok");
      }
    } finally {
      Session.eventually("cgroup removed", () -> group.toFile().delete());
    }
  }

  private static boolean made(Path group, boolean old) {
    try {
      Files.createDirectory(group);
      Files.writeString(group.resolve(old ? "memory.limit_in_bytes" : "memory.max"), LIMIT);
      Path swap = group.resolve(old ? "memory.memsw.limit_in_bytes" : "memory.swap.max");
      if (Files.exists(swap)) {
        Files.writeString(swap, old ? LIMIT : "0");
      }
      return true;
    } catch (IOException e) {
      System.out.println("OutOfMemoryTest skipped: no memory cgroup can be made here: " + e);
      return false;
    }
  }
}
