package dev.notebay.simulator.queue;

import dev.notebay.scheduler.core.placement.Request;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Compute;
import dev.notebay.simulator.openb.CsvTable;
import dev.notebay.simulator.queue.QueueWorkload.Visit;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Sessions as they came, one on each line: {@code queue,user,arrival_s,accelerator,devices,
 * lifetime_s,runs_s} and maybe {@code priority} and {@code idle_after_s}; times in seconds, an
 * empty lifetime for none.
 */
final class SessionTrace {
  private static final long MOST = 1_000_000_000;
  private static final Compute COMPUTE = new Compute(1000, 1L << 30);

  private SessionTrace() {}

  static List<Visit> read(Path file) {
    List<Visit> visits = new ArrayList<>();
    List<String> columns =
        List.of("queue", "user", "arrival_s", "accelerator", "devices", "lifetime_s", "runs_s");
    for (CsvTable.Row row : CsvTable.read(file, columns).rows()) {
      int devices = (int) row.number("devices", 0, Accelerator.MAXIMUM_COUNT);
      if (devices > 0 && !Accelerator.isType(row.text("accelerator"))) {
        throw row.bad("accelerator", "a class such as nvidia-t4");
      }
      Accelerator accelerator =
          devices == 0 ? Accelerator.NONE : new Accelerator(row.text("accelerator"), devices);
      visits.add(
          new Visit(
              Arrivals.session(
                  // Apart from those that are generated.
                  (1L << 40) + row.line(),
                  row.text("queue"),
                  row.text("user"),
                  row.text("priority").isEmpty() ? 0 : (int) row.number("priority", -1000, 1000),
                  new Request(accelerator, COMPUTE),
                  maybe(row, "lifetime_s"),
                  Duration.ofSeconds(row.number("arrival_s", 0, MOST))),
              Duration.ofSeconds(row.number("runs_s", 0, MOST)),
              maybe(row, "idle_after_s")));
    }
    return visits;
  }

  private static Optional<Duration> maybe(CsvTable.Row row, String column) {
    return row.text(column).isEmpty()
        ? Optional.empty()
        : Optional.of(Duration.ofSeconds(row.number(column, 0, MOST)));
  }
}
