package dev.notebay.simulator.queue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.notebay.simulator.queue.QueueResult.OfQueue;
import dev.notebay.simulator.report.TextTable;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** The same result as a table for people and as JSON for programs. */
final class QueueReport {
  private static final double HOUR = 3600;
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private QueueReport() {}

  static String table(QueueResult result) {
    var table =
        new TextTable(
            "queue",
            "sessions",
            "started",
            "still waiting",
            "preempted",
            "wait p50 s",
            "p99 s",
            "max s",
            "GPU-hours",
            "share %");
    double all = result.gpuSeconds();
    result
        .queues()
        .forEach(
            (name, queue) -> {
              if (queue.arrived() > 0) {
                table.row(
                    name,
                    queue.arrived(),
                    queue.started(),
                    queue.stillWaiting(),
                    queue.preempted(),
                    queue.waited(0.5),
                    queue.waited(0.99),
                    queue.waited(1),
                    queue.gpuSeconds() / HOUR,
                    share(queue, all));
              }
            });
    return table
        + String.format(
            Locale.ROOT,
            "virtual time: %.2f s, GPUs used: %.2f %%, could never start: %d%n"
                + "bounds promised: %d, broken: %d, withdrawn: %d%n"
                + "passes: %d, of which each took p50 %.2f ms, p99 %.2f ms, at most %.2f ms%n",
            result.seconds(),
            result.utilizationPercent(),
            result.refused(),
            result.promises(),
            result.late(),
            result.withdrawn(),
            result.passes(),
            result.passMillis(0.5),
            result.passMillis(0.99),
            result.passMillis(1));
  }

  /**
   * Writes it.
   *
   * @param target a file, or {@code -} for {@code out}
   */
  static void json(String target, PrintWriter out, QueueResult result) throws IOException {
    ObjectNode root = JSON.createObjectNode();
    root.put("virtual_seconds", result.seconds());
    root.put("utilization_percent", result.utilizationPercent());
    root.put("impossible", result.refused());
    root.put("bounds_promised", result.promises());
    root.put("bounds_broken", result.late());
    root.put("bounds_withdrawn", result.withdrawn());
    root.put("passes", result.passes());
    root.put("pass_ms_p50", result.passMillis(0.5));
    root.put("pass_ms_p99", result.passMillis(0.99));
    ArrayNode queues = root.putArray("queues");
    double all = result.gpuSeconds();
    result
        .queues()
        .forEach(
            (name, queue) -> {
              ObjectNode one = queues.addObject();
              one.put("queue", name);
              one.put("sessions", queue.arrived());
              one.put("started", queue.started());
              one.put("still_waiting", queue.stillWaiting());
              one.put("preempted", queue.preempted());
              one.put("wait_seconds_p50", queue.waited(0.5));
              one.put("wait_seconds_p99", queue.waited(0.99));
              one.put("wait_seconds_max", queue.waited(1));
              one.put("gpu_seconds", queue.gpuSeconds());
              one.put("share_percent", share(queue, all));
            });
    String text = JSON.writeValueAsString(root) + "\n";
    if (target.equals("-")) {
      out.print(text);
      out.flush();
    } else {
      Files.writeString(Path.of(target), text);
    }
  }

  private static double share(OfQueue queue, double all) {
    return all == 0 ? 0 : 100 * queue.gpuSeconds() / all;
  }
}
