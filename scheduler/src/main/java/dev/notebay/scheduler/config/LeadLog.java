package dev.notebay.scheduler.config;

import dev.notebay.scheduler.core.leader.Epoch;
import dev.notebay.scheduler.metrics.SchedulerMetrics;
import java.util.Optional;

/** Says in log and metrics when this replica takes or loses the lead. For one thread. */
final class LeadLog {
  private static final System.Logger LOG = System.getLogger(LeadLog.class.getName());

  private final String replica;
  private final SchedulerMetrics metrics;
  private Optional<Epoch> last = Optional.empty();

  LeadLog(String replica, SchedulerMetrics metrics) {
    this.replica = replica;
    this.metrics = metrics;
  }

  /** This is the reign that the replica believes in now. */
  void saw(Optional<Epoch> reign) {
    if (reign.equals(last)) {
      return;
    }
    last.ifPresent(
        past ->
            LOG.log(
                System.Logger.Level.INFO,
                "leads no more replica=" + replica + " epoch=" + past.number()));
    reign.ifPresent(
        present ->
            LOG.log(
                System.Logger.Level.INFO,
                "leads replica=" + replica + " epoch=" + present.number()));
    last = reign;
    metrics.leads(reign);
  }
}
