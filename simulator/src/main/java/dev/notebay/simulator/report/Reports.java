package dev.notebay.simulator.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.notebay.simulator.replay.Result;
import dev.notebay.simulator.replay.Summary;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The same results as a table for people and as JSON for programs. */
public final class Reports {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private Reports() {}

  /** Means over the seeds, and the median of the allocation. */
  public static String table(List<Summary> summaries) {
    var table =
        new TextTable(
            "policy",
            "allocated %",
            "median",
            "first refusal %",
            "fragmented %",
            "placed",
            "refused",
            "decisions/s",
            "p50 us",
            "p99 us");
    for (Summary summary : summaries) {
      table.row(
          summary.label(),
          summary.mean(Result::allocatedPercent),
          summary.median(Result::allocatedPercent),
          summary.mean(Result::firstRefusalPercent),
          summary.mean(Result::fragmentedPercent),
          Math.round(summary.mean(Result::placed)),
          Math.round(summary.mean(Result::refused)),
          Math.round(summary.mean(result -> result.speed().perSecond())),
          summary.mean(result -> result.speed().medianMicros()),
          summary.mean(result -> result.speed().p99Micros()));
    }
    return table.toString();
  }

  /**
   * @param target a file, or {@code -} for {@code out}
   * @param firstSeed of each summary's results, which follow one another
   */
  public static void json(String target, PrintWriter out, long firstSeed, List<Summary> summaries)
      throws IOException {
    ObjectNode root = JSON.createObjectNode();
    ArrayNode policies = root.putArray("policies");
    for (Summary summary : summaries) {
      ObjectNode policy = policies.addObject();
      policy.put("policy", summary.label());
      policy.put("allocated_percent_mean", summary.mean(Result::allocatedPercent));
      policy.put("allocated_percent_median", summary.median(Result::allocatedPercent));
      policy.put("first_refusal_percent_mean", summary.mean(Result::firstRefusalPercent));
      policy.put("fragmented_percent_mean", summary.mean(Result::fragmentedPercent));
      ArrayNode runs = policy.putArray("runs");
      long seed = firstSeed;
      for (Result result : summary.results()) {
        runs.add(JSON.<ObjectNode>valueToTree(result).put("seed", seed++));
      }
    }
    String text = JSON.writeValueAsString(root) + "\n";
    if (target.equals("-")) {
      out.print(text);
      out.flush();
    } else {
      Files.writeString(Path.of(target), text);
    }
  }
}
