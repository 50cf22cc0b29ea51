package dev.notebay.scheduler.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PodMapperTest {
  private final PodMapper mapper = new PodMapper("a", "sessions");

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          # NODE, PHASE,     USES ITS NODE
          n1,     Running,   true
          n1,     Pending,   true
          n1,     Unknown,   true
          n1,     none,      true
          n1,     no status, true
          n1,     Succeeded, false
          n1,     Failed,    false
          '',     Pending,   false
          """)
  void aPodUsesItsNodeUntilItIsOver(String node, String phase, boolean uses) {
    var pod =
        new PodBuilder()
            .withNewMetadata()
            .withName("p")
            .withNamespace("other")
            .endMetadata()
            .withNewSpec()
            .withNodeName(node)
            .endSpec()
            .withStatus(status(phase))
            .build();

    assertThat(mapper.use(pod).isPresent()).isEqualTo(uses);
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          # PHASE,   CONTAINERS, DELETED, ONLY MADE
          no status, 0,          false,   true
          none,      0,          false,   true
          Pending,   0,          false,   true
          Pending,   1,          false,   false
          Pending,   0,          true,    false
          Running,   0,          false,   false
          Failed,    0,          false,   false
          """)
  void aPodIsOnlyMadeUntilItsNodeHasBegunWithIt(
      String phase, int containers, boolean deleted, boolean onlyMade) {
    var pod =
        new PodBuilder()
            .withNewMetadata()
            .withDeletionTimestamp(deleted ? "2026-01-01T00:00:00Z" : null)
            .endMetadata()
            .withStatus(status(phase))
            .build();
    if (containers > 0) {
      pod.getStatus().setInitContainerStatuses(List.of(new ContainerStatus()));
    }

    assertThat(PodMapper.isOnlyMade(pod)).isEqualTo(onlyMade);
  }

  private static @Nullable PodStatus status(String phase) {
    return switch (phase) {
      case "no status" -> null;
      case "none" -> new PodStatus();
      default -> new PodStatusBuilder().withPhase(phase).build();
    };
  }
}
