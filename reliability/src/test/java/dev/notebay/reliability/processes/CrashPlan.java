package dev.notebay.reliability.processes;

import dev.notebay.reliability.crash.CrashAgent;
import dev.notebay.reliability.crash.CrashPoint;
import dev.notebay.reliability.crash.CrashSwitch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;

/** Tells a process that runs with the crash agent where to end. */
record CrashPlan(Path crashAgent, Path directory) {
  private static final Duration REACHED = Duration.ofSeconds(60);

  static CrashPlan in(Path directory) throws IOException {
    Path plan = Files.createDirectories(directory);
    return new CrashPlan(Distribution.crashAgent(plan), plan);
  }

  /** What starts a virtual machine with it. */
  String option() {
    return Distribution.javaAgent(crashAgent, directory);
  }

  /** From now on the process shall end there, once. */
  void arm(CrashPoint point) throws IOException {
    disarm();
    Path next = Files.writeString(directory.resolve("point.new"), point + "\n");
    Files.move(next, directory.resolve(CrashAgent.POINT), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Processes started from now on go on. */
  void disarm() throws IOException {
    Files.deleteIfExists(directory.resolve(CrashAgent.POINT));
    Files.deleteIfExists(directory.resolve(CrashAgent.REACHED));
  }

  /** Waits until a service has ended there, and not otherwise. */
  void requireReached(Service service, CrashPoint point) throws Exception {
    Poll.until(point + " is reached", REACHED, () -> !service.isAlive());
    int status = service.awaitEnd();
    if (!isReached() || status != CrashSwitch.STATUS) {
      throw new AssertionError(
          point + ": ended otherwise, with status " + status + ":\n" + service.logTail());
    }
  }

  boolean isReached() {
    return Files.exists(directory.resolve(CrashAgent.REACHED));
  }
}
