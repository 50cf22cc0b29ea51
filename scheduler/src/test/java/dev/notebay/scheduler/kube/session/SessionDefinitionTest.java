package dev.notebay.scheduler.kube.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SessionDefinitionTest {
  @Test
  void theChartHasTheDefinitionThatTheTypesSay() throws IOException {
    Path file = SessionDefinition.file();
    String definition = SessionDefinition.yaml();
    if (Boolean.getBoolean("notebay.definition.write")) {
      Files.createDirectories(file.getParent());
      Files.writeString(file, definition);
    }

    assertThat(file)
        .as(
            "the types have changed: run this test with -Dnotebay.definition.write=true, and look"
                + " at what it writes")
        .hasContent(definition);
  }
}
