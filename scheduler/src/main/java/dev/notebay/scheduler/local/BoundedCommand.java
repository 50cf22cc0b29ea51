package dev.notebay.scheduler.local;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A short command whose answer is wanted, but not for longer than it deserves. */
final class BoundedCommand {
  private static final int OUTPUT_LIMIT = 1 << 20;

  private BoundedCommand() {}

  /**
   * What a command said.
   *
   * @param status exit status
   * @param output standard output and standard error together
   */
  record Answer(int status, String output) {}

  /**
   * Runs a command with nothing but a path in its environment.
   *
   * @throws IOException when it cannot be started or does not end in time
   */
  static Answer run(List<String> command, Duration limit) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")));
    builder.environment().clear();
    builder.environment().putAll(Map.of("PATH", System.getenv("PATH"), "LC_ALL", "C.UTF-8"));
    Process process = builder.start();
    try {
      // The output's end is not waited for here: a grandchild may keep it open.
      byte[][] output = {new byte[0]};
      Thread reader = Thread.ofVirtual().start(() -> output[0] = read(process.getInputStream()));
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IOException(
            command.getFirst() + " did not end within " + limit.toSeconds() + " s");
      }
      reader.join(limit);
      return new Answer(process.exitValue(), new String(output[0], StandardCharsets.UTF_8));
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException(command.getFirst() + " was interrupted", interrupted);
    } finally {
      process.destroyForcibly();
    }
  }

  private static byte[] read(InputStream stream) {
    try (stream) {
      return stream.readNBytes(OUTPUT_LIMIT);
    } catch (IOException closed) {
      return new byte[0];
    }
  }
}
