package dev.notebay.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.notebay.cli.config.Pause;
import dev.notebay.cli.fake.FakeJupyter;
import dev.notebay.cli.fake.FakeScheduler;
import dev.notebay.cli.fake.RecordedTerminal;
import dev.notebay.cli.grpc.SessionText;
import dev.notebay.proto.session.v1.Session;
import dev.notebay.rpc.ErrorStatus;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import sun.misc.Signal;

@Timeout(60)
class RunTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  @TempDir Path directory = Path.of("");
  private FakeScheduler scheduler;
  private FakeJupyter jupyter;
  private RecordedTerminal terminal = RecordedTerminal.piped();

  RunTest() throws Exception {
    scheduler = new FakeScheduler();
    jupyter = new FakeJupyter();
  }

  @BeforeEach
  void start() {
    scheduler.runIn(jupyter.uri());
  }

  @AfterEach
  void stop() {
    jupyter.close();
    scheduler.close();
  }

  @Test
  void cellsRunInOrderAndTheirOutputsAreShownAndKept() throws IOException {
    int exit = run("print one\nprint two", "warn careful", "result 42", "image");
    assertThat(exit).isZero();
    assertThat(terminal.out()).isEqualTo("one\ntwo\n42\n[image/png 3.0 KiB] <Figure>\n");
    assertThat(terminal.err()).contains("[1/4] print one …", "careful\n", "wrote ");
    List<JsonNode> cells = written();
    assertThat(cells.getFirst().path("outputs"))
        .hasToString(
            "[{\"output_type\":\"stream\",\"name\":\"stdout\",\"text\":[\"one\\n\",\"two\\n\"]}]");
    assertThat(cells)
        .extracting(cell -> cell.path("execution_count").asInt())
        .containsExactly(1, 2, 3, 4);
    assertThat(cells.getFirst().path("metadata").path("execution").has("iopub.status.busy"))
        .isTrue();
    assertThat(scheduler.sessions())
        .singleElement()
        .extracting(Session::getState)
        .isEqualTo(Session.State.STATE_STOPPED);
  }

  @Test
  void aShareIsAskedForByACountBelowOne() throws IOException {
    execute(
        notebook("print x"),
        "--accelerator",
        "nvidia-t4",
        "--count",
        "0.25",
        "--gpu-memory",
        "3GiB");

    var accelerator = scheduler.created().getFirst().getSession().getAccelerator();
    assertThat(accelerator.getCount()).isEqualTo(1);
    assertThat(accelerator.getMilli()).isEqualTo(250);
    assertThat(accelerator.getMemoryBytes()).isEqualTo(3L << 30);
    assertThat(SessionText.accelerator(accelerator)).isEqualTo("nvidia-t4 x0.25");
  }

  @Test
  void theSessionIsAskedForWithItsOptionsAndARequestId() throws IOException {
    int exit =
        execute(
            notebook("print x"),
            "--volume",
            "none",
            "--count",
            "2",
            "--accelerator",
            "nvidia-t4,nvidia-l4",
            "--queue",
            "research",
            "--priority",
            "-3",
            "--idle-timeout",
            "90m",
            "--memory",
            "4GiB",
            "--cpu",
            "0.5",
            "--image",
            "registry.example.org/notebooks/torch:2.9",
            "--env",
            "A=b=c",
            "--env",
            "EMPTY=");
    assertThat(exit).isZero();
    var request = scheduler.created().getFirst();
    assertThat(request.getRequestId()).hasSize(36);
    assertThat(request.getSession().getVolume()).isEmpty();
    assertThat(request.getSession().getAccelerator().getCount()).isEqualTo(2);
    assertThat(request.getSession().getAccelerator().getType()).isEqualTo("nvidia-t4");
    assertThat(request.getSession().getAccelerator().getElseTypesList())
        .containsExactly("nvidia-l4");
    assertThat(request.getSession().getQueueName()).isEqualTo("research");
    assertThat(request.getSession().getPriority()).isEqualTo(-3);
    assertThat(request.getSession().getPolicy().getIdleTimeout().getSeconds()).isEqualTo(5400);
    assertThat(request.getSession().getCompute().getCpuMilli()).isEqualTo(500);
    assertThat(request.getSession().getImage())
        .isEqualTo("registry.example.org/notebooks/torch:2.9");
    assertThat(request.getSession().getEnvironmentMap())
        .containsOnly(Map.entry("A", "b=c"), Map.entry("EMPTY", ""));
    assertThat(request.getSession().getDisplayName()).isEqualTo("n.ipynb");
  }

  @Test
  void aCellThatRaisesEndsTheRunAndIsKept() throws IOException {
    int exit = run("print before", "raise no good", "print after");
    assertThat(exit).isEqualTo(1);
    assertThat(terminal.err()).contains("ValueError: no good", "cell [2/3] raised; the 1 after it");
    assertThat(terminal.err()).doesNotContain("\u001b");
    assertThat(jupyter.executed()).hasSize(2);
    List<JsonNode> cells = written();
    assertThat(cells.get(1).path("outputs").get(0).path("ename").asText()).isEqualTo("ValueError");
    assertThat(cells.get(2).path("execution_count").isNull()).isTrue();
  }

  @Test
  void withAllowErrorsTheRunGoesOn() throws IOException {
    assertThat(execute(notebook("raise x", "print after"), "--allow-errors")).isZero();
    assertThat(terminal.out()).isEqualTo("after\n");
  }

  @Test
  void aConnectionThatDropsIsMadeAgainAndNothingIsMissedOrDoubled() throws IOException {
    int exit = run("print one\ndrop\nprint two", "print three");
    assertThat(exit).isZero();
    assertThat(terminal.out()).isEqualTo("one\ntwo\nthree\n");
    assertThat(terminal.err()).contains("connected again");
    assertThat(jupyter.executed()).hasSize(2);
  }

  @Test
  void aKernelThatDiesIsAFailedCellWithItsCause() throws IOException {
    assertThat(run("print a", "die", "print b")).isEqualTo(1);
    assertThat(terminal.err()).contains("the kernel died in cell [2/3]");
    assertThat(written().get(1).path("outputs").get(0).path("ename").asText())
        .isEqualTo("DeadKernelError");
  }

  @Test
  void aQuestionIsAnsweredByThePerson() throws IOException {
    terminal = RecordedTerminal.withPerson("Ada\n");
    assertThat(run("ask")).isZero();
    assertThat(terminal.out()).isEqualTo("name? Ada\n");
  }

  @Test
  void aSessionThatEndsMeanwhileEndsTheRunAndKeepsWhatWasGot() throws Exception {
    var exit = inBackground("print first", "hang");
    await(jupyter::hangs);
    scheduler.change(
        Session.State.STATE_STOPPED, Session.Reason.REASON_IDLE_TIMEOUT, "idle for 2 s");
    assertThat(exit.get(20, TimeUnit.SECONDS)).isEqualTo(5);
    assertThat(terminal.err()).contains("the session ended: stopped (IDLE_TIMEOUT): idle for 2 s");
    assertThat(written().getFirst().path("outputs")).hasSize(1);
  }

  @Test
  void aFirstInterruptStopsTheCellAndNotTheSessionItself() throws Exception {
    var exit = inBackground("print first", "hang", "print never");
    await(jupyter::hangs);
    Signal.raise(new Signal("INT"));
    assertThat(exit.get(20, TimeUnit.SECONDS)).isEqualTo(130);
    assertThat(terminal.err()).contains("interrupting the kernel", "KeyboardInterrupt");
    assertThat(written().get(1).path("outputs").get(0).path("ename").asText())
        .isEqualTo("KeyboardInterrupt");
    assertThat(jupyter.executed()).hasSize(2);
  }

  @Test
  void anInterruptWhileQueuedStopsTheSession() throws Exception {
    scheduler.full();
    var exit = inBackground("print never");
    await(() -> terminal.err().contains("queued, position 2: all 4 nvidia-t4 are taken"));
    Signal.raise(new Signal("INT"));
    assertThat(exit.get(20, TimeUnit.SECONDS)).isEqualTo(130);
    assertThat(scheduler.sessions())
        .singleElement()
        .extracting(Session::getState)
        .isEqualTo(Session.State.STATE_STOPPED);
  }

  @Test
  void anInterruptWhileTheSessionIsAskedForStopsIt() throws IOException {
    scheduler.full();
    scheduler.whileCreating(() -> Signal.raise(new Signal("INT")));
    assertThat(run("print never")).isEqualTo(130);
    assertThat(scheduler.sessions())
        .singleElement()
        .extracting(Session::getState)
        .isEqualTo(Session.State.STATE_STOPPED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"HUP", "TERM"})
  void aClosedTerminalAndARequestToEndStopTheSession(String signal) throws Exception {
    var exit = inBackground("hang", "print never");
    await(jupyter::hangs);
    Signal.raise(new Signal(signal));
    assertThat(exit.get(20, TimeUnit.SECONDS)).isEqualTo(130);
    assertThat(scheduler.sessions())
        .singleElement()
        .extracting(Session::getState)
        .isEqualTo(Session.State.STATE_STOPPED);
  }

  @Test
  void aSchedulerThatEndsPolitelyIsWaitedFor() throws Exception {
    scheduler.full();
    var exit = inBackground("print never");
    await(() -> terminal.err().contains("queued"));
    scheduler.cancelWatches();
    scheduler.change(
        Session.State.STATE_FAILED, Session.Reason.REASON_UNSPECIFIED, "told by the next one");
    assertThat(exit.get(20, TimeUnit.SECONDS)).isEqualTo(5);
    assertThat(terminal.err()).contains("told by the next one").doesNotContain("CANCELLED");
  }

  @Test
  void aTokenFileThatCannotBeReadIsToldAsSuch() {
    int exit =
        Main.run(
            List.of("session", "list"),
            Map.of(
                "NOTEBAY_HOME", directory.resolve("home").toString(),
                "NOTEBAY_TOKEN_FILE", "/nowhere/token",
                "NOTEBAY_SCHEDULER_GRPC", scheduler.address()),
            terminal.terminal());
    assertThat(exit).isEqualTo(2);
    assertThat(terminal.err())
        .startsWith("notebay: NOTEBAY_TOKEN_FILE: /nowhere/token cannot be read");
  }

  @Test
  void aRefusalIsOneLineAndWhatToDo() throws IOException {
    scheduler.refuse(
        ErrorStatus.of(
            Status.Code.FAILED_PRECONDITION,
            "ACCELERATOR_IMPOSSIBLE",
            "no node has nvidia-h9 (expected: nvidia-t4)"));
    assertThat(run("print x")).isEqualTo(3);
    assertThat(terminal.err())
        .isEqualTo(
            "notebay: no node has nvidia-h9 (expected: nvidia-t4)\n"
                + "  what there is: ./notebay accelerators\n");
  }

  @Test
  void withKeepTheSessionGoesOnAndExecUsesItsKernel() throws IOException {
    assertThat(execute(notebook("print x"), "--keep")).isZero();
    Session session = scheduler.sessions().getFirst();
    assertThat(session.getState()).isEqualTo(Session.State.STATE_RUNNING);
    terminal = RecordedTerminal.piped();
    assertThat(notebay("exec", "--session", session.getName().substring(9, 15), "print again"))
        .isZero();
    assertThat(terminal.out()).isEqualTo("again\n");
    assertThat(jupyter.authorizations()).isNotEmpty().containsOnly("token t0ken");
  }

  @Test
  void listsAndStatesAreShown() throws IOException {
    assertThat(execute(notebook("print x"), "--keep")).isZero();
    terminal = RecordedTerminal.piped();
    assertThat(notebay("session", "list")).isZero();
    assertThat(terminal.out()).contains("ID ", "RUNNING", "n.ipynb");
    terminal = RecordedTerminal.piped();
    assertThat(notebay("session", "list", "--json")).isZero();
    assertThat(JSON.readTree(terminal.out()).get(0).path("state").asText())
        .isEqualTo("STATE_RUNNING");
    terminal = RecordedTerminal.piped();
    assertThat(notebay("accelerators")).isZero();
    assertThat(terminal.out()).contains("nvidia-t4", "declared, no such hardware");
  }

  private CompletableFuture<Integer> inBackground(String... cells) throws IOException {
    Path file = notebook(cells);
    return CompletableFuture.supplyAsync(() -> execute(file));
  }

  private static void await(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      Pause.shortly();
    }
  }

  private int run(String... cells) throws IOException {
    return execute(notebook(cells));
  }

  private int execute(Path notebook, String... options) {
    List<String> arguments = new ArrayList<>(List.of("run", notebook.toString()));
    arguments.addAll(List.of(options));
    return notebay(arguments.toArray(String[]::new));
  }

  private int notebay(String... arguments) {
    return Main.run(
        List.of(arguments),
        Map.of(
            "NOTEBAY_HOME", directory.resolve("home").toString(),
            "NOTEBAY_TOKEN", "t0ken",
            "NOTEBAY_SCHEDULER_GRPC", scheduler.address()),
        terminal.terminal());
  }

  private Path notebook(String... cells) throws IOException {
    ObjectNode root = JSON.createObjectNode().put("nbformat", 4).put("nbformat_minor", 4);
    ArrayNode list = root.putArray("cells");
    for (String cell : cells) {
      list.addObject().put("cell_type", "code").put("source", cell);
    }
    return Files.writeString(directory.resolve("n.ipynb"), root.toString());
  }

  private List<JsonNode> written() throws IOException {
    List<JsonNode> cells = new ArrayList<>();
    JSON.readTree(directory.resolve("n.out.ipynb").toFile()).path("cells").forEach(cells::add);
    return cells;
  }
}
