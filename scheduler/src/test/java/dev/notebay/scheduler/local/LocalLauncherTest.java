package dev.notebay.scheduler.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.scheduler.core.launch.LaunchRequest;
import dev.notebay.scheduler.core.launch.Launcher.LaunchException;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.launch.RuntimeView;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.Environment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class LocalLauncherTest {
  @TempDir Path temporary;
  private LocalMachine machine;
  private LocalLauncher launcher;
  private final LaunchRequest request = LocalMachine.request();
  private final RuntimeName name = request.name();

  @BeforeEach
  void startMachine() throws Exception {
    machine = new LocalMachine(temporary, LocalMachine.IDLE);
    launcher = machine.launcher();
  }

  @AfterEach
  void stopMachine() throws Exception {
    machine.close();
  }

  @Test
  void runsTheAgentAndTheSandbox() throws Exception {
    launcher.launch(request);
    assertThat(launcher.list()).containsExactly(new RuntimeView.Running(name));

    RuntimeDirectory directory = machine.awaitUp(name);

    assertThat(launcher.list()).containsExactly(new RuntimeView.Running(name));
    Eventually.await(
        "agent, sandbox, init and network",
        () -> directory.processes().stream().filter(ProcessIdentity::isAlive).count() == 4);
  }

  @Test
  void tellsTheAgentItsSecretAndNobodyElse() throws Exception {
    launcher.launch(request);
    RuntimeDirectory directory = machine.awaitUp(name);

    Properties properties = new Properties();
    try (var file = Files.newBufferedReader(directory.agentProperties())) {
      properties.load(file);
    }
    String secret = properties.getProperty("runtime.secret");
    String bearer = name.session() + ".1." + secret;
    assertThat(LocalMachine.SECRETS.verify(bearer)).contains(name);
    assertThat(properties)
        .containsEntry("session.id", name.session().toString())
        .containsEntry("session.attempt", "1")
        .containsEntry("runtime.uid-file", directory.supervisorFile().toString())
        .containsEntry("memory.limit-bytes", Long.toString(LocalMachine.MEMORY));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.path())))
        .isEqualTo("rwx------");
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(directory.agentProperties())))
        .isEqualTo("rw-------");
    assertThat(Files.readString(directory.launchPlan())).doesNotContain(secret);
    for (ProcessIdentity process : machine.processes(name)) {
      Path proc = Path.of("/proc/" + process.pid());
      assertThat(Files.readString(proc.resolve("cmdline"))).doesNotContain(secret);
      assertThat(Files.readString(proc.resolve("environ"))).doesNotContain(secret);
    }
  }

  @Test
  void givesKernelsTheVariablesThatWereAskedFor() throws Exception {
    launcher.launch(
        new LaunchRequest(
            name,
            request.owner(),
            request.accelerator(),
            request.compute(),
            request.assignment(),
            request.volume(),
            Optional.empty(),
            new Environment(Map.of("GREETING", "hello"))));

    assertThat(Files.readString(machine.awaitUp(name).launchPlan()))
        .containsPattern("\"GREETING\"\\s*[:,]\\s*\"hello\"");
    for (ProcessIdentity process : machine.processes(name)) {
      assertThat(Files.readString(Path.of("/proc/" + process.pid() + "/cmdline")))
          .as("what everybody on this machine can read")
          .doesNotContain("hello");
    }
  }

  @Test
  void startsOnceHoweverOftenItIsAsked() throws Exception {
    // Half of them through schedulers of their own, so that only the lock decides.
    List<Thread> threads = new ArrayList<>();
    CountDownLatch start = new CountDownLatch(1);
    for (int i = 0; i < 50; i++) {
      LocalLauncher one = i % 2 == 0 ? launcher : machine.launcher();
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    awaitUninterrupted(start);
                    one.launch(request);
                  }));
    }
    start.countDown();
    for (Thread thread : threads) {
      thread.join();
    }

    RuntimeDirectory directory = machine.awaitUp(name);

    Eventually.await("only one supervisor", () -> supervisors(directory) == 1);
    assertThat(Files.readAllLines(directory.agent().resolve("agent.log"))).hasSize(1);
    assertThat(LocalMachine.log(directory.path().resolve("sandbox.log")).lines()).hasSize(1);
  }

  @Test
  void leavesNothingOfARuntimeWhoseSupervisorCannotBeStarted() throws Exception {
    LocalLauncher broken = machine.launcherWithSupervisor("/no/such/program");

    assertThatThrownBy(() -> broken.launch(request)).isInstanceOf(LaunchException.class);

    assertThat(broken.list()).isEmpty();
  }

  @Test
  void neverRunsAnAttemptForASecondTime() throws Exception {
    launcher.launch(request);
    RuntimeDirectory directory = machine.awaitUp(name);
    Files.writeString(directory.agent().resolve("exit"), "0");
    LocalMachine.awaitEnd(launcher, name);

    launcher.launch(request);
    machine.launcher().launch(request);

    assertThat(launcher.list()).hasOnlyElementsOfType(RuntimeView.Ended.class);
    assertThat(Files.readAllLines(directory.agent().resolve("agent.log"))).hasSize(1);
  }

  @Test
  void isFoundAgainByTheNextScheduler() throws Exception {
    launcher.launch(request);
    machine.awaitUp(name);

    LocalLauncher next = machine.launcher();

    assertThat(next.list()).containsExactly(new RuntimeView.Running(name));
    next.terminate(name);
    RuntimeView.Ended end = LocalMachine.awaitEnd(next, name);
    assertThat(end.reason()).isEqualTo(EndReason.RUNTIME_LOST);
    assertThat(end.message()).contains("by force");
    assertThatNothingIsLeft();
  }

  @Test
  void endsWithItsAgent() throws Exception {
    launcher.launch(request);
    RuntimeDirectory directory = machine.awaitUp(name);

    Files.writeString(
        directory.agent().resolve("end.json"),
        "{\"reason\": \"MAX_LIFETIME\", \"message\": \"it was time\"}");
    Files.writeString(directory.agent().resolve("exit"), "0");

    RuntimeView.Ended end = LocalMachine.awaitEnd(launcher, name);
    assertThat(end.reason()).isEqualTo(EndReason.MAX_LIFETIME);
    assertThat(end.message()).isEqualTo("it was time");
    assertThatNothingIsLeft();
  }

  @Test
  void startsADeadAgentAgainWhileTheSandboxGoesOn() throws Exception {
    launcher.launch(request);
    RuntimeDirectory directory = machine.awaitUp(name);
    ProcessIdentity agent = process(directory, "agent");
    ProcessIdentity sandbox = process(directory, "sandbox");

    agent.kill();

    Eventually.await("another agent", () -> !process(directory, "agent").equals(agent));
    Files.writeString(directory.agent().resolve("exit"), "3");
    Eventually.await(
        "a third agent",
        () -> LocalMachine.log(directory.agent().resolve("agent.log")).lines().count() == 3);
    assertThat(sandbox.isAlive()).isTrue();
    assertThat(launcher.list()).containsExactly(new RuntimeView.Running(name));
  }

  @Test
  void keepsTryingAnAgentThatDiesAtOnce() throws Exception {
    LocalLauncher broken =
        machine.launcher(
            java.time.InstantSource.system(), List.of("/bin/sh", "-c", "echo no; exit 9"));
    broken.launch(request);
    RuntimeDirectory directory = machine.directory(name);
    Eventually.await(
        "four tries",
        () -> LocalMachine.log(directory.agent().resolve("agent.log")).lines().count() >= 4);
    assertThat(broken.list()).containsExactly(new RuntimeView.Running(name));
  }

  @Test
  void endsWithItsSandbox() throws Exception {
    launcher.launch(request);
    RuntimeDirectory directory = machine.awaitUp(name);

    process(directory, "sandbox").kill();

    RuntimeView.Ended end = LocalMachine.awaitEnd(launcher, name);
    assertThat(end.reason()).isEqualTo(EndReason.RUNTIME_LOST);
    assertThat(end.message()).contains("sandbox ended").contains("SIGKILL");
    assertThatNothingIsLeft();
  }

  @Test
  void saysWhatTheSandboxSaidWhenItCannotStart() throws Exception {
    LaunchRequest impossible =
        LocalMachine.request(name, Optional.of(temporary.resolve("no-such-volume").toString()));
    launcher.launch(impossible);

    RuntimeView.Ended end = LocalMachine.awaitEnd(launcher, name);

    assertThat(end.message()).contains("no-such-volume").contains("No such file or directory");
    assertThatNothingIsLeft();
  }

  @Test
  void losesNothingOfARuntimeWhoseSupervisorWasKilled() throws Exception {
    launcher.launch(request);
    RuntimeDirectory directory = machine.awaitUp(name);
    directory.supervisor().orElseThrow().kill();

    RuntimeView.Ended end = LocalMachine.awaitEnd(launcher, name);

    assertThat(end.reason()).isEqualTo(EndReason.RUNTIME_LOST);
    assertThat(end.message()).contains("supervisor is gone without a word");
    assertThat(launcher.list()).containsExactly(end);
    assertThat(machine.launcher().list()).containsExactly(end);
    assertThatNothingIsLeft();
  }

  @Test
  void anEndedRuntimeHasNoProcessAtTheVeryMomentItIsSaidToHaveEnded() throws Exception {
    for (int round = 0; round < 10; round++) {
      LaunchRequest one = LocalMachine.request();
      launcher.launch(one);
      RuntimeDirectory directory = machine.awaitUp(one.name());
      List<ProcessIdentity> all = new ArrayList<>(directory.processes());
      directory.supervisor().orElseThrow().kill();
      LocalMachine.awaitEnd(launcher, one.name());
      assertThat(all).noneMatch(ProcessIdentity::isAlive);
      assertThat(machine.processes(one.name())).isEmpty();
    }
  }

  @Test
  void endsByForceASupervisorThatDoesNotListen() throws Exception {
    var clock = new MovableClock();
    LocalLauncher patient =
        machine.launcher(clock, List.of("/bin/sh", "-c", "echo agent; sleep 999"));
    patient.launch(request);
    RuntimeDirectory directory = machine.awaitUp(name);
    ProcessIdentity supervisor = directory.supervisor().orElseThrow();
    new ProcessBuilder("kill", "-STOP", Long.toString(supervisor.pid())).start().waitFor();

    patient.terminate(name);
    assertThat(patient.list()).containsExactly(new RuntimeView.Running(name));
    clock.advanceSeconds(60);
    patient.terminate(name);

    LocalMachine.awaitEnd(patient, name);
    assertThatNothingIsLeft();
  }

  @Test
  void removesOnlyWhatHasEnded() throws Exception {
    launcher.launch(request);
    RuntimeDirectory directory = machine.awaitUp(name);
    Files.writeString(directory.content().resolve("kept"), "yes");

    launcher.remove(name);
    assertThat(directory.content().resolve("kept")).exists();

    launcher.terminate(name);
    LocalMachine.awaitEnd(launcher, name);
    launcher.remove(name);
    launcher.remove(name);
    assertThat(directory.path()).doesNotExist();
    assertThat(launcher.list()).isEmpty();
  }

  @Test
  void terminatingWhatNeverWasDoesNothing() {
    launcher.terminate(name);
    launcher.remove(name);
    assertThat(launcher.list()).isEmpty();
  }

  @Test
  void saysWhyASupervisorDidNotStart() throws Exception {
    launcher.launch(request);
    machine.awaitUp(name);
    RuntimeDirectory stillborn = machine.directory(LocalMachine.request().name());
    stillborn.make();
    Files.writeString(stillborn.launchPlan(), "no plan");

    RuntimeView.Ended end = LocalMachine.awaitEnd(launcher, stillborn.name());
    assertThat(end.reason()).isEqualTo(EndReason.START_FAILED);
    assertThat(end.message()).contains("JSONDecodeError");
    launcher.remove(stillborn.name());
    assertThat(stillborn.path()).doesNotExist();
  }

  @Test
  void beginsAgainWhatAKilledSchedulerHadOnlyBegun() throws Exception {
    machine.directory(name).make();
    assertThat(launcher.list()).isEmpty();
    assertThat(launcher.look(name)).isEmpty();

    launcher.launch(request);

    machine.awaitUp(name);
    assertThat(launcher.list()).containsExactly(new RuntimeView.Running(name));
  }

  @Test
  void takesAwayWhatNobodyBeginsAgain() throws Exception {
    machine.directory(name).make();
    var later = new MovableClock();
    later.advanceSeconds(60);

    assertThat(machine.launcher(later, List.of("/bin/false")).list()).isEmpty();

    assertThat(machine.directory(name).path()).doesNotExist();
  }

  @Test
  void startsTheSupervisorThatAKilledSchedulerDidNot() throws Exception {
    machine.launcherWithoutSupervisors().launch(request);

    assertThat(launcher.list()).containsExactly(new RuntimeView.Running(name));

    machine.awaitUp(name);
    assertThat(launcher.list()).containsExactly(new RuntimeView.Running(name));
  }

  @Test
  void hidesNoRuntimeBehindOneThatCannotBeRead() throws Exception {
    launcher.launch(request);
    machine.awaitUp(name);
    RuntimeDirectory unreadable = machine.directory(LocalMachine.request().name());
    unreadable.make();
    Files.createDirectory(unreadable.supervisorFile());

    assertThat(launcher.list())
        .containsExactlyInAnyOrder(
            new RuntimeView.Running(name), new RuntimeView.Running(unreadable.name()));
    launcher.terminate(unreadable.name());
    launcher.remove(unreadable.name());
    Files.delete(unreadable.supervisorFile());
    launcher.remove(unreadable.name());
    assertThat(launcher.list()).containsExactly(new RuntimeView.Running(name));
  }

  private void assertThatNothingIsLeft() throws Exception {
    assertThat(machine.processes(name)).isEmpty();
    assertThat(machine.groups(name)).isEmpty();
  }

  private static ProcessIdentity process(RuntimeDirectory directory, String role) {
    return directory.process(role).orElseThrow();
  }

  private static long supervisors(RuntimeDirectory directory) {
    return ProcessHandle.allProcesses()
        .filter(
            process ->
                process
                    .info()
                    .commandLine()
                    .filter(line -> line.contains("notebay_supervisor"))
                    .filter(line -> line.contains(directory.name().toString()))
                    .isPresent())
        .count();
  }

  private static void awaitUninterrupted(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
  }
}
