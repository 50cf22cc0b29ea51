package dev.notebay.simulator.queue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.notebay.scheduler.core.SchedulerException.InvalidField;
import dev.notebay.scheduler.core.fleet.Device;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.queue.Preemption;
import dev.notebay.scheduler.core.queue.PriorityRange;
import dev.notebay.scheduler.core.queue.QueueSettings;
import dev.notebay.scheduler.core.queue.QueueSpec;
import dev.notebay.scheduler.core.queue.Queues;
import dev.notebay.scheduler.core.queue.Quota;
import dev.notebay.scheduler.core.queue.Reclaim;
import dev.notebay.scheduler.core.queue.UserLimits;
import dev.notebay.simulator.openb.BadInput;
import dev.notebay.simulator.queue.QueueWorkload.Visit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Reads a workload in YAML. Two forms: {@code nodes} and {@code queues} with their {@code arrivals}
 * or a {@code trace} of sessions, as docs/queues.md describes; or {@code cohorts}, as in the
 * generator files of Kueue's performance tests.
 */
final class WorkloadFile {
  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
  private static final int MANY = 1_000_000;
  private static final Duration MINIMUM_RUN = Duration.ofMinutes(10);
  private static final Duration NOTICE = Duration.ofMinutes(1);

  private WorkloadFile() {}

  /**
   * @throws BadInput naming the field that is wrong by its path
   */
  static QueueWorkload read(Path file) {
    try {
      return read(YAML.readTree(Files.readString(file)), file);
    } catch (NoSuchFileException e) {
      throw new BadInput(file + ": does not exist (expected: a workload in YAML)");
    } catch (JsonProcessingException e) {
      throw new BadInput(file + ": is not YAML: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw new BadInput(file + ": cannot be read: " + e.getMessage());
    } catch (InvalidField e) {
      throw new BadInput(file + ": " + e.getMessage());
    }
  }

  private static QueueWorkload read(JsonNode document, Path file) {
    var root = new YamlField(document, "");
    if (root.get("cohorts").isThere()) {
      return KueueWorkload.read(root.only("cohorts", "seed"));
    }
    root.only("seed", "until", "settings", "nodes", "queues", "trace");
    var random = new SplittableRandom(root.get("seed").number(0, Integer.MAX_VALUE, 42));
    List<YamlField> stated = root.get("queues").elements();
    List<Visit> visits = new ArrayList<>();
    for (YamlField queue : stated) {
      for (YamlField arrivals : queue.get("arrivals").elements()) {
        Arrivals.add(visits, queue.get("name").text(), arrivals, random);
      }
    }
    root.get("trace")
        .maybeText()
        .ifPresent(trace -> visits.addAll(SessionTrace.read(file.resolveSibling(trace))));
    YamlField until = root.get("until");
    return new QueueWorkload(
        nodes(root.get("nodes")),
        Queues.of(stated.stream().map(WorkloadFile::queue).toList()),
        settings(root.get("settings")),
        visits,
        until.isThere() ? Optional.of(until.duration()) : Optional.empty());
  }

  private static List<Node> nodes(YamlField stated) {
    List<Node> nodes = new ArrayList<>();
    for (YamlField node : stated.elements()) {
      node.only("name", "count", "accelerator", "devices", "cpu", "memoryGib");
      int count = node.get("count").number(1, 100_000, 1);
      for (int index = 0; index < count; index++) {
        String name = node.get("name").text() + (count == 1 ? "" : "-%05d".formatted(index));
        nodes.add(
            node(
                name,
                node.get("accelerator").maybeText().orElse("none"),
                node.get("devices").number(0, 1000, 0),
                node.get("cpu").number(1, MANY, 96),
                node.get("memoryGib").number(1, MANY, 1024)));
      }
    }
    if (nodes.isEmpty()) {
      throw stated.bad("at least one node");
    }
    return nodes;
  }

  static Node node(String name, String accelerator, int devices, int cpu, int memoryGib) {
    return new Node(
        name,
        cpu * 1000L,
        (long) memoryGib << 30,
        IntStream.range(0, devices)
            .mapToObj(index -> new Device(accelerator + "-" + index, accelerator, 0, false, true))
            .toList());
  }

  private static QueueSettings settings(YamlField stated) {
    stated.only("window", "halfLife", "entryCharge", "grace", "slack", "patience");
    QueueSettings usual = QueueSettings.USUAL;
    return new QueueSettings(
        stated.get("window").number(1, MANY, usual.window()),
        stated.get("halfLife").duration(usual.halfLife()),
        stated.get("entryCharge").duration(usual.entryCharge()),
        stated.get("grace").duration(usual.grace()),
        stated.get("slack").duration(usual.slack()),
        stated.get("patience").duration(usual.patience()));
  }

  private static QueueSpec queue(YamlField stated) {
    stated.only(
        "name",
        "cohort",
        "quotas",
        "weight",
        "reclaim",
        "preemption",
        "minimumRun",
        "notice",
        "arrivals");
    return new QueueSpec(
        stated.get("name").text(),
        stated.get("cohort").maybeText(),
        stated.get("quotas").elements().stream().map(WorkloadFile::quota).toList(),
        stated.get("weight").decimal(1),
        stated.get("reclaim").word(Reclaim.class, Reclaim.NEVER),
        stated.get("preemption").word(Preemption.class, Preemption.NEVER),
        stated.get("minimumRun").duration(MINIMUM_RUN),
        stated.get("notice").duration(NOTICE),
        UserLimits.NONE,
        PriorityRange.USUAL);
  }

  private static Quota quota(YamlField stated) {
    stated.only("accelerator", "nominal", "borrowingLimit", "lendingLimit");
    return new Quota(
        stated.get("accelerator").text(),
        stated.get("nominal").milli(),
        maybeMilli(stated.get("borrowingLimit")),
        maybeMilli(stated.get("lendingLimit")));
  }

  private static OptionalLong maybeMilli(YamlField stated) {
    return stated.isThere() ? OptionalLong.of(stated.milli()) : OptionalLong.empty();
  }
}
