package dev.notebay.cli.queues;

import dev.notebay.cli.terminal.CliFailure;
import dev.notebay.proto.queue.v1.Budget;
import dev.notebay.proto.queue.v1.Priorities;
import dev.notebay.proto.queue.v1.Queue;
import dev.notebay.proto.queue.v1.Quota;
import dev.notebay.proto.queue.v1.UserLimits;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.Node;

/**
 * A file of queues. What each field means is the contract's to say ({@code
 * notebay/queue/v1/queue.proto}); here devices are devices, not thousandths, and names are bare.
 */
public final class QueueFile {
  private static final List<String> QUEUE =
      List.of(
          "name",
          "cohort",
          "weight",
          "quotas",
          "reclaim",
          "preemption",
          "minimumRun",
          "notice",
          "userLimits",
          "priorities");
  private static final List<String> QUOTA =
      List.of("accelerator", "nominal", "borrowingLimit", "lendingLimit");

  private final List<Queue> queues;
  private final YamlPlaces places;

  private QueueFile(List<Queue> queues, YamlPlaces places) {
    this.queues = queues;
    this.places = places;
  }

  /** Reads a file; a failure names the line. */
  public static QueueFile read(Path file) {
    var places = new YamlPlaces(file.toString());
    try (Reader reader = Files.newBufferedReader(file)) {
      Node root = new Yaml(new LoaderOptions()).compose(reader);
      if (root == null) {
        throw places.failure(1, "nothing in it (expected: queues)");
      }
      var whole = new YamlMap(places, "", root, List.of("queues"));
      if (!whole.has("queues")) {
        throw places.failure(1, "no queues (expected: queues: [] to remove all)");
      }
      return new QueueFile(
          whole.list("queues", QUEUE).stream().map(QueueFile::queue).toList(), places);
    } catch (MarkedYAMLException malformed) {
      Mark mark = malformed.getProblemMark();
      throw places.failure(
          mark == null ? 1 : mark.getLine() + 1, "not YAML: " + malformed.getProblem());
    } catch (YAMLException malformed) {
      throw places.failure(1, "not YAML: " + malformed.getMessage());
    } catch (NoSuchFileException missing) {
      throw CliFailure.usage("no such file: " + file, "");
    } catch (CharacterCodingException notText) {
      throw places.failure(1, "not UTF-8 text");
    } catch (IOException unreadable) {
      throw CliFailure.usage("cannot read " + file + ": " + unreadable.getMessage(), "");
    }
  }

  public List<Queue> queues() {
    return queues;
  }

  /** A refusal of the scheduler with the place of the field that it names. */
  public CliFailure placed(CliFailure refused) {
    return places.placed(refused);
  }

  private static Queue queue(YamlMap map) {
    var queue = Queue.newBuilder().setName("queues/" + map.required("name"));
    map.text("cohort").ifPresent(queue::setCohort);
    map.number("weight").ifPresent(weight -> queue.setWeight(weight.doubleValue()));
    map.list("quotas", QUOTA).forEach(quota -> queue.addQuotas(quota(quota)));
    map.word("reclaim", List.of("NEVER", "LOWER_PRIORITY", "ANY"))
        .ifPresent(word -> queue.setReclaim(Queue.Reclaim.valueOf("RECLAIM_" + word)));
    map.word("preemption", List.of("NEVER", "LOWER_PRIORITY"))
        .ifPresent(word -> queue.setPreemption(Queue.Preemption.valueOf("PREEMPTION_" + word)));
    map.duration("minimumRun").ifPresent(time -> queue.setMinimumRun(proto(time)));
    map.duration("notice").ifPresent(time -> queue.setNotice(proto(time)));
    map.map("userLimits", List.of("sessions", "devices", "budget"))
        .ifPresent(limits -> queue.setUserLimits(limits(limits)));
    map.map("priorities", List.of("lowest", "highest"))
        .ifPresent(range -> queue.setPriorities(priorities(range)));
    return queue.build();
  }

  private static Quota quota(YamlMap map) {
    var quota = Quota.newBuilder().setAccelerator(map.required("accelerator"));
    map.required("nominal");
    map.milli("nominal").ifPresent(quota::setNominalMilli);
    map.milli("borrowingLimit").ifPresent(quota::setBorrowingLimitMilli);
    map.milli("lendingLimit").ifPresent(quota::setLendingLimitMilli);
    return quota.build();
  }

  private static UserLimits limits(YamlMap map) {
    var limits = UserLimits.newBuilder();
    map.small("sessions").ifPresent(limits::setSessions);
    map.milli("devices").ifPresent(limits::setDevicesMilli);
    map.map("budget", List.of("gpuSeconds", "period"))
        .ifPresent(
            stated -> {
              var budget = Budget.newBuilder();
              stated.required("gpuSeconds");
              stated.required("period");
              stated.whole("gpuSeconds").ifPresent(budget::setGpuSeconds);
              stated.duration("period").ifPresent(time -> budget.setPeriod(proto(time)));
              limits.setBudget(budget);
            });
    return limits.build();
  }

  private static Priorities priorities(YamlMap map) {
    map.required("lowest");
    map.required("highest");
    var priorities = Priorities.newBuilder();
    map.small("lowest").ifPresent(priorities::setLowest);
    map.small("highest").ifPresent(priorities::setHighest);
    return priorities.build();
  }

  private static com.google.protobuf.Duration proto(Duration duration) {
    return com.google.protobuf.Duration.newBuilder().setSeconds(duration.toSeconds()).build();
  }
}
