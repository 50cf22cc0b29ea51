package dev.notebay.scheduler.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.fleet.AcceleratorSummary;
import dev.notebay.scheduler.core.leader.Epoch;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SchedulerMetricsTest {
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final SchedulerMetrics metrics = new SchedulerMetrics(registry);

  private double gauge(String name, String... tags) {
    return registry.get(name).tags(tags).gauge().value();
  }

  private void lead(long epoch) {
    metrics.leads(Optional.of(new Epoch(epoch)));
    metrics.seen(
        2, List.of(), List.of(new AcceleratorSummary("nvidia-t4", 4, 1, 4, 1, false, false)));
  }

  @Test
  void sayWhichReplicaLeadsAndInWhichReign() {
    assertThat(gauge("notebay.scheduler.leader")).isZero();
    assertThat(gauge("notebay.scheduler.epoch")).isZero();

    lead(7);
    assertThat(gauge("notebay.scheduler.leader")).isEqualTo(1);
    assertThat(gauge("notebay.scheduler.epoch")).isEqualTo(7);

    metrics.leads(Optional.empty());
    assertThat(gauge("notebay.scheduler.leader")).isZero();
    assertThat(gauge("notebay.scheduler.epoch")).isEqualTo(7);
  }

  @Test
  void everyStateIsCountedByTheLeaderAlsoWhereThereIsNone() {
    lead(1);

    assertThat(gauge("notebay.sessions", "state", "QUEUED")).isEqualTo(2);
    assertThat(gauge("notebay.sessions", "state", "STOPPING")).isZero();
    assertThat(gauge("notebay.devices.taken", "accelerator", "nvidia-t4")).isEqualTo(3);
  }

  @Test
  void whoLeadsNoMoreReportsNothingOfWhatOnlyTheLeaderSees() {
    lead(1);

    metrics.leads(Optional.empty());

    for (String name : List.of("notebay.sessions", "notebay.devices", "notebay.devices.taken")) {
      assertThat(registry.find(name).gauges()).as(name).isEmpty();
    }
    lead(2);
    assertThat(registry.find("notebay.sessions").gauges()).hasSize(4);
  }
}
