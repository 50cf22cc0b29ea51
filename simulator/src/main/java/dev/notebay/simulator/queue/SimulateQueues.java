package dev.notebay.simulator.queue;

import dev.notebay.simulator.report.Plot;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;

/** What {@code ./notebay simulate --workload} does. */
public final class SimulateQueues {
  private SimulateQueues() {}

  /**
   * Reads a workload, lets it happen and tells what came of it.
   *
   * @param json a file, or {@code -} for nothing but JSON
   * @throws dev.notebay.simulator.openb.BadInput when something is wrong with what was given
   */
  public static void run(Path workload, Optional<String> json, Optional<Path> plot, PrintWriter out)
      throws IOException {
    plot.ifPresent(Plot::check);
    QueueResult result = QueueSimulation.of(WorkloadFile.read(workload));
    if (json.filter("-"::equals).isEmpty()) {
      out.print(QueueReport.table(result));
      out.flush();
    }
    if (json.isPresent()) {
      QueueReport.json(json.get(), out, result);
    }
    if (plot.isPresent()) {
      QueuePlot.write(plot.get(), "" + workload.getFileName(), result);
    }
  }
}
