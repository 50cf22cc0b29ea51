package dev.notebay.agent.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Runs the Python tests of {@code google.colab}. */
class ColabPackageTest {
  @Test
  void itsOwnTestsPass() throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
                Session.python(), "-B", "-m", "unittest", "discover", "-s", "src/test/python")
            .redirectErrorStream(true);
    builder.environment().put("PYTHONPATH", Path.of("src/main/python").toAbsolutePath().toString());
    Process tests = builder.start();
    String said = new String(tests.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(tests.waitFor()).as(said).isZero();
    assertThat(said).containsPattern("Ran [1-9]\\d* tests");
  }
}
