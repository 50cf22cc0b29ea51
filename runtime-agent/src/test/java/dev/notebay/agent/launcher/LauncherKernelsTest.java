package dev.notebay.agent.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.agent.core.kernel.ExecutionState;
import dev.notebay.agent.core.kernel.KernelId;
import dev.notebay.agent.core.wire.Channel;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** On a real ipykernel. */
@Timeout(120)
class LauncherKernelsTest {
  private Session session;

  @BeforeEach
  void open() throws Exception {
    session = new Session();
  }

  @AfterEach
  void close() throws Exception {
    session.close();
  }

  @Test
  void executesAndTellsResultStreamDisplayAndError() throws Exception {
    var client = session.start();
    assertThat(client.view().state()).isEqualTo(ExecutionState.STARTING);

    String sum = client.execute("print('hello')\n1+1");
    assertThat(client.reply(sum).content().getString("status")).isEqualTo("ok");
    client.idle(sum);
    assertThat(client.text(sum, "stdout")).isEqualTo("hello\n");
    Session.Said result = client.await(said -> said.type().equals("execute_result"));
    assertThat(result.content().getJsonObject("data").getString("text/plain")).isEqualTo("2");
    assertThat(result.content().getInteger("execution_count")).isEqualTo(1);
    Session.eventually("idle", () -> state(client) == ExecutionState.IDLE);

    client.run("from IPython.display import display, HTML; display(HTML('<b>x</b>'))");
    assertThat(
            client
                .await(said -> said.type().equals("display_data"))
                .content()
                .getJsonObject("data")
                .getString("text/html"))
        .isEqualTo("<b>x</b>");

    Session.Said reply = client.run("1/0");
    assertThat(reply.content().getString("ename")).isEqualTo("ZeroDivisionError");
    client.await(said -> said.type().equals("error"));
    assertThat(client.all())
        .extracting(Session.Said::sequence)
        .containsExactlyElementsOf(LongStream.rangeClosed(1, client.all().size()).boxed().toList());
  }

  private static ExecutionState state(Session.Client client) {
    try {
      return client.view().state();
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void asksForInputAndGetsIt() throws Exception {
    var client = session.start();
    String request = client.execute("print('got', input('name? '))");
    Session.Said asked = client.await(said -> said.type().equals("input_request"));
    assertThat(asked.channel()).isEqualTo(Channel.STDIN);
    assertThat(client.view().waitingForInput()).isTrue();
    assertThat(client.view().state()).isEqualTo(ExecutionState.BUSY);
    client.send(Channel.STDIN, "input_reply", new JsonObject().put("value", "Ada"));
    client.reply(request);
    client.idle(request);
    assertThat(client.view().waitingForInput()).isFalse();
    assertThat(client.text(request, "stdout")).isEqualTo("got Ada\n");
  }

  @Test
  void interruptsASilentCellThatStaysBusyWhileOtherRequestsAreAnswered() throws Exception {
    var client = session.start();
    String request = client.execute("print('in', flush=True)\nimport time; time.sleep(600)");
    client.await(said -> said.type().equals("stream"));
    String info = client.send(Channel.CONTROL, "kernel_info_request", new JsonObject());
    client.reply(info);
    client.idle(info);
    assertThat(client.view().state()).isEqualTo(ExecutionState.BUSY);
    session.agent().interrupt(client.id);
    assertThat(client.reply(request).content().getString("ename")).isEqualTo("KeyboardInterrupt");
    client.idle(request);
    assertThat(client.run("1").content().getString("status")).isEqualTo("ok");
  }

  @Test
  void restartsWithAnEmptyMemoryUnderTheSameId() throws Exception {
    var client = session.start();
    client.run("x = 1");
    String before = pid(client);
    session.agent().restart(client.id);
    assertThat(client.view().state()).isEqualTo(ExecutionState.RESTARTING);
    assertThat(client.run("x").content().getString("ename")).isEqualTo("NameError");
    assertThat(pid(client)).isNotEqualTo(before);
    assertThat(client.all())
        .noneMatch(said -> "restarting".equals(said.content().getString("execution_state")));
    assertThat(client.all().stream().filter(said -> said.type().equals("stream")))
        .allMatch(said -> said.content().getString("name").equals("stdout"));
  }

  private static String pid(Session.Client client) throws Exception {
    String request = client.execute("import os; print(os.getpid())");
    client.reply(request);
    client.idle(request);
    return client.text(request, "stdout").trim();
  }

  @Test
  void anExitIsExplainedAnsweredAndFollowedByAnotherProcess() throws Exception {
    var client = session.start();
    String request = client.execute("print('last words', flush=True); import os; os._exit(3)");
    String queued = client.execute("print('never')");
    Session.Said reply = client.reply(request);
    assertThat(reply.content().getString("status")).isEqualTo("error");
    assertThat(reply.content().getString("evalue")).contains("exited with code 3");
    client.idle(request);
    assertThat(client.reply(queued).content().getString("status")).isEqualTo("aborted");
    client.idle(queued);
    assertThat(client.text(request, "stderr")).contains("exited with code 3");
    client.await(said -> "restarting".equals(said.content().getString("execution_state")));
    assertThat(client.run("1").content().getString("status")).isEqualTo("ok");
    assertThat(session.agent().counters().died()).isEqualTo(1);
  }

  @Test
  void aKilledKernelSaysItsSignal() throws Exception {
    var client = session.start();
    String pid = pid(client);
    String request = client.execute("import time; time.sleep(600)");
    client.await(
        said ->
            said.parent().equals(request)
                && "busy".equals(said.content().getString("execution_state")));
    assertThat(new ProcessBuilder("kill", "-9", pid).start().waitFor()).isZero();
    assertThat(client.reply(request).content().getString("evalue")).contains("SIGKILL");
    assertThat(client.run("1").content().getString("status")).isEqualTo("ok");
  }

  @Test
  void aKernelThatAlwaysDiesIsDeadInTheEnd() throws Exception {
    var client = session.start();
    client.run("1");
    for (int i = 0; i < 6; i++) {
      client.reply(client.execute("import os; os._exit(1)"));
    }
    Session.eventually("dead", () -> state(client) == ExecutionState.DEAD);
    assertThat(client.view().death()).hasValueSatisfying(why -> assertThat(why).contains("code 1"));
    session.agent().restart(client.id);
    // What is asked before the new process has its connections may have to be asked again.
    String status = "aborted";
    for (int asked = 0; status.equals("aborted") && asked < 5; asked++) {
      status = client.run("1").content().getString("status");
    }
    assertThat(status).isEqualTo("ok");
  }

  @Test
  void nothingOfABurstIsLost() throws Exception {
    var client = session.start();
    String request =
        client.execute(
            "import sys\nfor i in range(20000):\n  print(f'{i:07d}' + 'x' * 1016)\n  sys.stdout.flush()");
    client.reply(request);
    client.idle(request);
    String text = client.text(request, "stdout");
    assertThat(text).hasSize(20000 * 1024);
    for (int i = 0; i < 20000; i++) {
      assertThat(text.startsWith("%07d".formatted(i), i * 1024)).isTrue();
    }
  }

  @Test
  void anAgentThatDiesInMidOutputLosesNothingAndDoublesNothing() throws Exception {
    var client = session.start();
    client.run("1");
    String request =
        client.execute(
            "import sys, time\nfor i in range(3000):\n  print(i); sys.stdout.flush(); time.sleep(0.001)");
    for (int i = 1; i <= 3; i++) {
      String seen = "\n" + i * 400 + "\n";
      Session.eventually(seen, () -> client.text(request, "stdout").contains(seen));
      session.killAgent();
      session.agent();
      client.attach();
    }
    assertThat(client.reply(request).content().getString("status")).isEqualTo("ok");
    client.idle(request);
    assertThat(client.text(request, "stdout").split("\n"))
        .containsExactlyElementsOf(LongStream.range(0, 3000).mapToObj(Long::toString).toList());
    assertThat(client.all().stream().filter(said -> said.parent().equals(request)))
        .filteredOn(said -> said.type().equals("execute_reply"))
        .hasSize(1);
    assertThat(client.all())
        .extracting(Session.Said::sequence)
        .containsExactlyElementsOf(LongStream.rangeClosed(1, client.all().size()).boxed().toList());
  }

  @Test
  void aReplyAndADeathWhileTheAgentIsAwayAreNotLost() throws Exception {
    var client = session.start();
    String request = client.execute("print('a', flush=True); import time; time.sleep(0.5); 'late'");
    client.await(said -> said.type().equals("stream"));
    session.killAgent();
    session.agent();
    client.attach();
    assertThat(client.view().state()).isEqualTo(ExecutionState.BUSY);
    client.reply(request);
    client.await(said -> said.type().equals("execute_result"));
    String pid = pid(client);
    String dying = client.execute("time.sleep(600)");
    client.await(
        said ->
            said.parent().equals(dying)
                && "busy".equals(said.content().getString("execution_state")));
    session.killAgent();
    assertThat(new ProcessBuilder("kill", "-9", pid).start().waitFor()).isZero();
    session.agent();
    client.attach();
    assertThat(client.reply(dying).content().getString("evalue")).contains("SIGKILL");
    assertThat(client.run("1").content().getString("status")).isEqualTo("ok");
  }

  @Test
  void shutDownKernelsAreForgottenAndTheirProcessesGone() throws Exception {
    var client = session.start();
    String pid = pid(client);
    session.agent().shutdown(client.id, Duration.ofSeconds(5));
    assertThat(session.agent().list()).isEmpty();
    Session.eventually("process gone", () -> ProcessHandle.of(Long.parseLong(pid)).isEmpty());
    assertThat(session.directory.resolve("agent/journal")).isEmptyDirectory();
    assertThat(session.directory.resolve("agent/kernels")).isEmptyDirectory();
  }

  @Test
  void startsBesideTheNotebook() throws Exception {
    KernelId id = session.agent().start(java.util.Optional.empty(), "python3", "sub").id();
    var client = session.new Client(id);
    String request = client.execute("import os; print(os.getcwd())");
    client.reply(request);
    client.idle(request);
    assertThat(client.text(request, "stdout").trim())
        .isEqualTo(session.directory.resolve("content/sub").toString());
  }

  @Test
  void severalKernelsAtOnce() throws Exception {
    var clients = List.of(session.start(), session.start());
    for (var client : clients) {
      client.run("me = " + clients.indexOf(client));
    }
    for (var client : clients) {
      String request = client.execute("print(me)");
      client.reply(request);
      client.idle(request);
      assertThat(client.text(request, "stdout").trim())
          .isEqualTo(Integer.toString(clients.indexOf(client)));
    }
  }

  @Test
  void aNotebookEndsItsSession() throws Exception {
    var client = session.start();
    client.run("from google.colab import runtime; runtime.unassign()");
    Session.eventually("unassigned", () -> session.unassigned.get() == 1);
  }

  @Test
  void sigtermEndsAllKernels() throws Exception {
    var client = session.start();
    String pid = pid(client);
    session.launcher.destroy();
    assertThat(session.launcher.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(ProcessHandle.of(Long.parseLong(pid))).isEmpty();
  }
}
