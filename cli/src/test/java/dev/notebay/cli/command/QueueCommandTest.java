package dev.notebay.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.cli.fake.FakeScheduler;
import dev.notebay.cli.fake.RecordedTerminal;
import dev.notebay.proto.queue.v1.Queue;
import dev.notebay.proto.queue.v1.Quota;
import dev.notebay.rpc.ErrorStatus;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QueueCommandTest {
  private static final Path EXAMPLE = Path.of("../examples/queues.yaml");

  @TempDir Path directory = Path.of("");
  private final FakeScheduler scheduler;
  private RecordedTerminal terminal = RecordedTerminal.piped();

  QueueCommandTest() throws IOException {
    scheduler = new FakeScheduler();
  }

  @AfterEach
  void stop() {
    scheduler.close();
  }

  private int run(String... arguments) {
    terminal = RecordedTerminal.piped();
    return Main.run(
        List.of(arguments),
        Map.of(
            "NOTEBAY_HOME", directory.resolve("home").toString(),
            "NOTEBAY_TOKEN", "ada's",
            "NOTEBAY_SCHEDULER_GRPC", scheduler.address()),
        terminal.terminal());
  }

  private Path file(String content) throws IOException {
    return Files.writeString(directory.resolve("q.yaml"), content);
  }

  @Test
  void appliesTheExampleAndSaysWhatChanged() {
    assertThat(run("queue", "apply", "-f", EXAMPLE.toString())).isZero();

    assertThat(terminal.out())
        .isEqualTo("queue research created\nqueue teaching created\nqueue default created\n");
    var request = scheduler.queues().applied().getFirst();
    assertThat(request.getValidateOnly()).isFalse();
    Queue research = request.getQueues(0);
    assertThat(research.getName()).isEqualTo("queues/research");
    assertThat(research.getCohort()).isEqualTo("campus");
    assertThat(research.getWeight()).isEqualTo(3);
    assertThat(research.getReclaim()).isEqualTo(Queue.Reclaim.RECLAIM_ANY);
    assertThat(research.getPreemption()).isEqualTo(Queue.Preemption.PREEMPTION_LOWER_PRIORITY);
    assertThat(research.getMinimumRun().getSeconds()).isEqualTo(1800);
    assertThat(research.getNotice().getSeconds()).isEqualTo(300);
    assertThat(research.getPriorities().getLowest()).isEqualTo(-10);
    assertThat(research.getQuotas(1))
        .isEqualTo(
            Quota.newBuilder()
                .setAccelerator("nvidia-t4")
                .setNominalMilli(2000)
                .setBorrowingLimitMilli(4000)
                .build());
    Queue teaching = request.getQueues(1);
    assertThat(teaching.hasWeight()).isFalse();
    assertThat(teaching.getQuotas(0).getLendingLimitMilli()).isEqualTo(4000);
    assertThat(teaching.getUserLimits().getSessions()).isEqualTo(2);
    assertThat(teaching.getUserLimits().getDevicesMilli()).isEqualTo(1000);
    assertThat(teaching.getUserLimits().getBudget().getGpuSeconds()).isEqualTo(72_000);
    assertThat(teaching.getUserLimits().getBudget().getPeriod().getSeconds()).isEqualTo(604_800);
  }

  @Test
  void triesOutWithoutChangingAnything() {
    assertThat(run("queue", "apply", "-f", EXAMPLE.toString(), "--dry-run")).isZero();

    assertThat(terminal.out()).contains("queue research would be created\n");
    assertThat(scheduler.queues().applied().getFirst().getValidateOnly()).isTrue();
  }

  @Test
  void saysWhenNothingIsToBeDone() throws IOException {
    Path none = file("queues: []\n");

    assertThat(run("queue", "apply", "-f", none.toString())).isZero();
    assertThat(terminal.out()).isEmpty();
    assertThat(terminal.err()).contains("the queues are so already");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "queue: []                                     | 1: queue: unknown (expected: queues)",
        "queues: 5                                     | 1: queues: a scalar (expected: a list)",
        "queues: [a]                                   | 1: queues[0]: not a mapping",
        "queues: []\\nqueues: []                       | 2: queues: stated twice",
        "queues: [                                     | 1: not YAML: ",
        "queues:\\n - nam: a                           | 2: queues[0].nam: unknown (expected: name",
        "queues:\\n - cohort: a                        | 2: queues[0].name: missing",
        "queues:\\n - name: [a]                        | 2: queues[0].name: a sequence (expected",
        "queues:\\n - name: a\\n   weight: heavy       | 3: queues[0].weight: heavy (expected: a n",
        "queues:\\n - name: a\\n   reclaim: any        | 3: queues[0].reclaim: any (expected: NEVER",
        "queues:\\n - name: a\\n   preemption: ANY     | 3: queues[0].preemption: ANY (expected: N",
        "queues:\\n - name: a\\n   notice: 5           | 3: queues[0].notice: 5 (expected: a durat",
        "queues:\\n - name: a\\n   notice: -5m         | 3: queues[0].notice: -5m (expected: a dur",
        "queues:\\n - name: a\\n   quotas: {}          | 3: queues[0].quotas: a mapping (expected",
        "queues:\\n - name: a\\n   quotas:\\n   - nominal: 1 | 4: queues[0].quotas[0].accelerator",
        "queues:\\n - name: a\\n   quotas:\\n   - accelerator: t | 4: queues[0].quotas[0].nominal: m",
        "queues:\\n - name: a\\n   quotas:\\n   - {accelerator: t, nominal: 0.0005} | 4: queues[0].q",
        "queues:\\n - name: a\\n   quotas:\\n   - {accelerator: t, nominal: 1, limit: 2} | 4: queues[0",
        "queues:\\n - name: a\\n   priorities: {lowest: 1} | 3: queues[0].priorities.highest: missing",
        "queues:\\n - name: a\\n   priorities: {lowest: 1.5, highest: 2} | 3: queues[0].priorities.lo",
        "queues:\\n - name: a\\n   priorities: {lowest: -9999999999, highest: 2} | 3: queues[0].priori",
        "queues:\\n - name: a\\n   userLimits: {budget: {gpuSeconds: 5}} | 3: queues[0].userLimits.bud",
        "queues:\\n - name: a\\n   userLimits: {sessions: two} | 3: queues[0].userLimits.sessions: two",
        "a: &x [*x]                                    | 1: a: unknown (expected: queues)",
        "hello                                         | 1: the file: not a mapping"
      })
  void aFileThatIsWrongIsToldWithItsLine(String content, String expected) throws IOException {
    Path file = file(content.replace("\\n", "\n"));

    assertThat(run("queue", "apply", "-f", file.toString())).isEqualTo(2);
    assertThat(terminal.err()).startsWith("notebay: " + file + ":" + expected);
    assertThat(terminal.err().lines().count()).isLessThanOrEqualTo(2);
    assertThat(scheduler.queues().applied()).isEmpty();
  }

  @Test
  void aFileThatIsEmptyOrNoTextIsToldToo() throws IOException {
    assertThat(run("queue", "apply", "-f", file("").toString())).isEqualTo(2);
    assertThat(terminal.err()).contains("q.yaml:1: nothing in it");

    Path binary = Files.write(directory.resolve("q.bin"), new byte[] {(byte) 0xff, (byte) 0xfe, 1});
    assertThat(run("queue", "apply", "-f", binary.toString())).isEqualTo(2);
    assertThat(terminal.err()).contains("q.bin:1: not");
  }

  @Test
  void whatTheSchedulerRefusesIsToldWithTheLineOfTheField() {
    scheduler
        .queues()
        .refuse(ErrorStatus.invalid("queues[1].quotas[0].lendingLimit", "7", "0 to nominal 6"));

    assertThat(run("queue", "apply", "-f", EXAMPLE.toString())).isEqualTo(2);
    assertThat(terminal.err())
        .isEqualTo(
            "notebay: "
                + EXAMPLE
                + ":27: queues[1].quotas[0].lendingLimit: 7 (expected: 0 to nominal 6)\n");
  }

  @Test
  void whoWaitsIsToldHowLong() {
    scheduler.full();
    assertThat(run("session", "create", "--queue", "research", "--accelerator", "a100,l4"))
        .isZero();
    String id = terminal.out().strip();

    assertThat(run("session", "list")).isZero();
    assertThat(terminal.out())
        .containsPattern(
            "QUEUED +a100 or l4 .*queued, position 2: all 4 nvidia-t4 are taken;"
                + " starts at the latest in (2h|1h 59m), probably in (10m|9m 5\\ds)");
    assertThat(run("session", "get", id)).isZero();
    assertThat(terminal.out())
        .containsPattern("starts +at the latest in ")
        .containsPattern("queue +research, priority 0");
  }

  @Test
  void whoIsNoAdminIsToldSo() {
    scheduler
        .queues()
        .refuse(
            ErrorStatus.of(
                Status.Code.PERMISSION_DENIED, "ADMIN_REQUIRED", "ApplyQueues needs admin"));

    assertThat(run("queue", "apply", "-f", EXAMPLE.toString())).isEqualTo(3);
    assertThat(terminal.err()).contains("ApplyQueues needs admin", "ask an admin");
  }

  @Test
  void listsAndDescribesQueuesWithTheirUse() {
    run("queue", "apply", "-f", EXAMPLE.toString());

    assertThat(run("queue", "list")).isZero();
    assertThat(terminal.out().lines().toList().getFirst())
        .matches(
            "QUEUE +COHORT +WEIGHT +ACCELERATOR +NOMINAL +IN USE +BORROWED +WAITING +RUN/WAIT");
    assertThat(terminal.out())
        .containsPattern("research +campus +3 +nvidia-t4 +2 +2.5 +0.5 +3 +1/2");

    assertThat(run("queue", "describe", "teaching")).isZero();
    assertThat(terminal.out())
        .containsPattern("each user +at most 2 sessions, 1 devices, 72000 GPU-seconds in 7d")
        .containsPattern("quota +nvidia-t4: 6, lends 4")
        .containsPattern("in use +nvidia-t4: 2.5 \\(0.5 borrowed\\), 25 % of what its cohort uses");

    assertThat(run("queue", "describe", "nobody")).isEqualTo(3);
    assertThat(terminal.err()).contains("no such queue", "./notebay queue list");
  }
}
