package dev.notebay.simulator.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.simulator.openb.GeneratedTrace;
import dev.notebay.simulator.openb.NodeList;
import dev.notebay.simulator.openb.PodList;
import dev.notebay.simulator.openb.Workload;
import dev.notebay.simulator.ranking.Policy;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ReplayTest {
  private static final NodeList NODES = GeneratedTrace.large(20);
  private static final PodList PODS = GeneratedTrace.pods(NODES, 1);

  @ParameterizedTest
  @EnumSource
  void placesWhatFitsAndIsTheSameForTheSameSeed(Policy policy) {
    Workload workload = Workload.of(NODES, PODS, 1.3, 42);

    Result result = Replay.of(workload, policy, 42);

    assertThat(result.placed() + result.refused()).isEqualTo(workload.arrivals().size());
    assertThat(result.allocatedPercent()).isBetween(70.0, 100.0);
    assertThat(result.firstRefusalPercent()).isBetween(30.0, 130.0);
    assertThat(result.fragmentedPercent()).isBetween(0.0, 100.0);
    assertThat(result.curve())
        .isSortedAccordingTo((a, b) -> Double.compare(a.allocatedPercent(), b.allocatedPercent()));
    Result again = Replay.of(workload, policy, 42);
    assertThat(again.curve()).isEqualTo(result.curve());
  }
}
