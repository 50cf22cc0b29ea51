package dev.notebay.scheduler.kube.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.launch.RuntimeView;
import dev.notebay.scheduler.core.launch.StartPhase;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.SessionId;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** A row for each phase, condition and failure. */
class PodStatusMapperTest {
  private static final RuntimeName NAME = new RuntimeName(new SessionId(new UUID(7, 7)), 1);
  private static final Instant CREATED = Instant.parse("2026-11-23T12:00:00Z");
  private static final Instant NOW = CREATED.plusSeconds(60);

  private static final String AGENT_UP =
      "{name: agent, started: true, state: {running: {startedAt: '2026-11-23T12:00:20Z'}}}";
  private static final String INITIALIZED =
      "{type: Initialized, status: 'True', lastTransitionTime: '2026-11-23T12:00:25Z'}";
  private static final String SANDBOX =
      "{type: PodReadyToStartContainers, status: 'True', lastTransitionTime: '2026-11-23T12:00:10Z'}";
  private static final String SCHEDULED =
      "{type: PodScheduled, status: 'True', lastTransitionTime: '2026-11-23T12:00:01Z'}";

  /** What a row expects: {@code Starting(phase, reason to give up for, or none)}, and so on. */
  private sealed interface Expected {
    record Starts(StartPhase phase, int sinceSeconds, Optional<EndReason> hopeless)
        implements Expected {
      Starts(StartPhase phase, int sinceSeconds) {
        this(phase, sinceSeconds, Optional.empty());
      }
    }

    record Runs() implements Expected {}

    record HasEnded(EndReason reason) implements Expected {}
  }

  private record Row(
      String what, String pod, List<String> events, NodeFate node, Expected expected, String says) {
    Row(String what, String pod, Expected expected, String says) {
      this(what, pod, List.of(), NodeFate.PRESENT, expected, says);
    }

    @Override
    public String toString() {
      return what;
    }
  }

  @SuppressWarnings("unused") // the source of the test's rows
  static final List<Row> ROWS =
      List.of(
          new Row(
              "made, and not bound yet",
              unbound("{phase: Pending}"),
              new Expected.Starts(StartPhase.SCHEDULING, 0),
              ""),
          new Row(
              "Unschedulable",
              unbound(
                  "{phase: Pending, conditions: [{type: PodScheduled, status: 'False', reason: Unschedulable, message: 0/3 nodes}]}"),
              new Expected.Starts(StartPhase.SCHEDULING, 0),
              "Unschedulable: 0/3 nodes"),
          new Row(
              "bound, without a volume, and its kubelet has said nothing",
              bound("{phase: Pending, conditions: [" + SCHEDULED + "]}"),
              new Expected.Starts(StartPhase.CONTAINER, 1),
              ""),
          new Row(
              "FailedCreatePodSandBox",
              bound("{phase: Pending, conditions: [" + SCHEDULED + "]}"),
              List.of(event("FailedCreatePodSandBox", "2026-11-23T12:00:30Z", "no network")),
              NodeFate.PRESENT,
              new Expected.Starts(StartPhase.CONTAINER, 1),
              "its node cannot make its pod's sandbox yet: no network"),
          new Row(
              "bound, with a volume, and its kubelet has said nothing",
              withVolume("{phase: Pending, conditions: [" + SCHEDULED + "]}"),
              new Expected.Starts(StartPhase.VOLUME, 1),
              ""),
          new Row(
              "FailedMount",
              withVolume("{phase: Pending, conditions: [" + SCHEDULED + "]}"),
              List.of(
                  event("FailedAttachVolume", "2026-11-23T12:00:05Z", "old"),
                  event("FailedMount", "2026-11-23T12:00:30Z", "MountVolume.SetUp failed"),
                  event("Scheduled", "2026-11-23T12:00:31Z", "no trouble")),
              NodeFate.PRESENT,
              new Expected.Starts(StartPhase.VOLUME, 1),
              "its volume cannot be mounted yet: MountVolume.SetUp failed"),
          new Row(
              "FailedAttachVolume",
              withVolume("{phase: Pending, conditions: [" + SCHEDULED + "]}"),
              List.of(
                  event(
                      "FailedAttachVolume",
                      "2026-11-23T12:00:30Z",
                      "Multi-Attach error: Volume is already used by pod(s) other")),
              NodeFate.PRESENT,
              new Expected.Starts(StartPhase.VOLUME, 1),
              "held elsewhere or cannot be attached yet: Multi-Attach error"),
          new Row(
              "the agent's image is being pulled",
              bound(
                  "{phase: Pending, conditions: ["
                      + SCHEDULED
                      + ","
                      + SANDBOX
                      + "], initContainerStatuses: [{name: agent, state: {waiting: {reason: PodInitializing}}}]}"),
              new Expected.Starts(StartPhase.IMAGE, 10),
              ""),
          waitingAgent(
              "ErrImagePull",
              "i/o timeout",
              StartPhase.IMAGE,
              null,
              "cannot pull img: i/o timeout"),
          waitingAgent(
              "ImagePullBackOff",
              "Back-off pulling image: i/o timeout",
              StartPhase.IMAGE,
              null,
              "tries again img: Back-off"),
          waitingKernel(
              "ImagePullBackOff",
              "Back-off pulling image img: ErrImagePull: rpc error: code = NotFound",
              StartPhase.IMAGE,
              EndReason.IMAGE_UNAVAILABLE,
              "NotFound"),
          waitingKernel(
              "ImagePullBackOff",
              "pull access denied, repository does not exist",
              StartPhase.IMAGE,
              EndReason.IMAGE_UNAVAILABLE,
              "access denied"),
          waitingKernel(
              "ErrImagePull", "not found", StartPhase.IMAGE, null, "cannot pull img: not found"),
          waitingKernel(
              "InvalidImageName",
              "couldn't parse image reference",
              StartPhase.IMAGE,
              EndReason.IMAGE_UNAVAILABLE,
              "no image can have the name img"),
          waitingKernel(
              "ErrImageNeverPull",
              "",
              StartPhase.IMAGE,
              EndReason.IMAGE_UNAVAILABLE,
              "not on the node"),
          waitingKernel(
              "CreateContainerConfigError",
              "image will run as root",
              StartPhase.CONTAINER,
              EndReason.START_FAILED,
              "cannot be set up as asked: img: image will run as root"),
          waitingKernel(
              "CreateContainerError", "no python3", StartPhase.CONTAINER, null, "no python3"),
          waitingKernel(
              "RunContainerError", "no python3", StartPhase.CONTAINER, null, "no python3"),
          waitingKernel("PodInitializing", "", StartPhase.IMAGE, null, ""),
          new Row(
              "the agent asks for its session",
              bound(
                  "{phase: Pending, conditions: ["
                      + SCHEDULED
                      + ","
                      + SANDBOX
                      + "], initContainerStatuses: [{name: agent, started: false, state: {running: {startedAt: '2026-11-23T12:00:20Z'}}}]}"),
              new Expected.Starts(StartPhase.CLAIM, 20),
              ""),
          new Row(
              "the agent was killed for want of memory before its claim",
              bound(
                  "{phase: Pending, conditions: ["
                      + SCHEDULED
                      + ","
                      + SANDBOX
                      + "], initContainerStatuses: [{name: agent, started: false, state: {running: {startedAt: '2026-11-23T12:00:40Z'}}, lastState: {terminated: {reason: OOMKilled, exitCode: 137}}}]}"),
              new Expected.Starts(StartPhase.CLAIM, 40),
              "started again after OOMKilled: exit code 137"),
          new Row(
              "the agent ends again and again",
              bound(
                  "{phase: Pending, conditions: ["
                      + SCHEDULED
                      + ","
                      + SANDBOX
                      + "], initContainerStatuses: [{name: agent, started: false, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {reason: Error, exitCode: 2}}}]}"),
              new Expected.Starts(StartPhase.CLAIM, 1),
              "started again after Error: exit code 2"),
          new Row(
              "the kernel's container has just come up",
              bound(running("2026-11-23T12:00:30Z", AGENT_UP)),
              new Expected.Starts(StartPhase.KERNEL, 30),
              ""),
          new Row(
              "the kernel's container has been up for long",
              bound(running("2026-11-23T11:00:00Z", AGENT_UP)),
              new Expected.Runs(),
              ""),
          new Row(
              "the agent was killed while kernels run, and is started again",
              bound(
                  running(
                      "2026-11-23T11:00:00Z",
                      "{name: agent, started: false, restartCount: 1, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {reason: OOMKilled, exitCode: 137}}}")),
              new Expected.Runs(),
              ""),
          new Row(
              "the kernels were killed for want of memory",
              bound(
                  "{phase: Failed, containerStatuses: [{name: kernel, state: {terminated: {reason: OOMKilled, exitCode: 137, finishedAt: '2026-11-23T12:00:50Z'}}}]}"),
              new Expected.HasEnded(EndReason.KERNEL_OUT_OF_MEMORY),
              "ask for more"),
          new Row(
              "the launcher ended with an error",
              bound(
                  "{phase: Failed, containerStatuses: [{name: kernel, state: {terminated: {reason: Error, exitCode: 3, message: no ipykernel}}}]}"),
              new Expected.HasEnded(EndReason.RUNTIME_LOST),
              "exit code 3: no ipykernel"),
          new Row(
              "the agent ended the session and said why",
              bound(
                  "{phase: Succeeded, initContainerStatuses: [{name: agent, state: {terminated: {exitCode: 0, message: '{\"reason\":\"IDLE_TIMEOUT\",\"message\":\"unused\"}'}}}], containerStatuses: [{name: kernel, state: {terminated: {reason: Completed, exitCode: 0}}}]}"),
              new Expected.HasEnded(EndReason.IDLE_TIMEOUT),
              "unused"),
          new Row(
              "the agent's words are no reason of ours",
              bound(
                  "{phase: Succeeded, initContainerStatuses: [{name: agent, state: {terminated: {exitCode: 0, message: '{\"reason\":\"CLAIM_REFUSED\"'}}}]}"),
              new Expected.HasEnded(EndReason.RUNTIME_LOST),
              "its pod has ended"),
          new Row(
              "Succeeded, and nothing else is known",
              bound("{phase: Succeeded}"),
              new Expected.HasEnded(EndReason.RUNTIME_LOST),
              "its pod has ended"),
          failed("Evicted", EndReason.EVICTED, "node-1 made room; ask for more memory"),
          failed("DeadlineExceeded", EndReason.MAX_LIFETIME, "deadline"),
          failed("NodeLost", EndReason.NODE_LOST, "node-1 shut down or was lost"),
          failed("Terminated", EndReason.NODE_LOST, "node-1 shut down"),
          failed("Preempting", EndReason.EVICTED, "node-1 needed its place"),
          failed("OutOfcpu", EndReason.START_FAILED, "refused it (OutOfcpu); try again"),
          failed("OutOfmemory", EndReason.START_FAILED, "refused it (OutOfmemory)"),
          failed("OutOfpods", EndReason.START_FAILED, "refused it (OutOfpods)"),
          failed("UnexpectedAdmissionError", EndReason.START_FAILED, "Allocate failed"),
          failed("NodeAffinity", EndReason.START_FAILED, "refused it (NodeAffinity)"),
          failed("SomethingNew", EndReason.RUNTIME_LOST, "SomethingNew: Allocate failed"),
          new Row(
              "it is being deleted, and its node is silent",
              deleted(running("2026-11-23T11:00:00Z", AGENT_UP)),
              new Expected.Runs(),
              ""),
          new Row(
              "its node's object is gone",
              bound(running("2026-11-23T11:00:00Z", AGENT_UP)),
              List.of(),
              NodeFate.GONE,
              new Expected.HasEnded(EndReason.NODE_LOST),
              "node-1 is gone from the cluster"),
          new Row(
              "it is being deleted, and its node is out of service",
              deleted(running("2026-11-23T11:00:00Z", AGENT_UP)),
              List.of(),
              NodeFate.OUT_OF_SERVICE,
              new Expected.HasEnded(EndReason.NODE_LOST),
              "node-1 was taken out of service"),
          new Row(
              "no status at all", bound("{}"), new Expected.Starts(StartPhase.CONTAINER, 0), ""));

  @ParameterizedTest
  @FieldSource("ROWS")
  void aPodIsReadAsWhatItsRuntimeIs(Row row) {
    Pod pod = Serialization.unmarshal("---\n" + row.pod(), Pod.class);
    List<Event> events =
        row.events().stream()
            .map(each -> Serialization.unmarshal("---\n" + each, Event.class))
            .toList();

    RuntimeView view =
        PodStatusMapper.map(NAME, pod, VolumeTrouble.message(events), row.node(), NOW);

    assertThat(view.name()).isEqualTo(NAME);
    switch (row.expected()) {
      case Expected.Starts(var phase, var since, var hopeless) -> {
        assertThat(view).isInstanceOf(RuntimeView.Starting.class);
        var starting = (RuntimeView.Starting) view;
        assertThat(starting.phase()).isEqualTo(phase);
        assertThat(starting.since()).isEqualTo(CREATED.plusSeconds(since));
        assertThat(starting.hopeless()).isEqualTo(hopeless);
        assertThat(starting.message()).contains(row.says());
      }
      case Expected.Runs() -> assertThat(view).isEqualTo(new RuntimeView.Running(NAME));
      case Expected.HasEnded(var reason) -> {
        assertThat(view).isInstanceOf(RuntimeView.Ended.class);
        var ended = (RuntimeView.Ended) view;
        assertThat(ended.reason()).isEqualTo(reason);
        assertThat(ended.message()).contains(row.says());
      }
    }
  }

  @Test
  void aNodeIsLostOnlyWhenItsObjectIsGoneOrItIsOutOfService() {
    var silent =
        new NodeBuilder()
            .withNewSpec()
            .addNewTaint("NoExecute", "node.kubernetes.io/unreachable", null, null)
            .endSpec()
            .withNewStatus()
            .addNewCondition()
            .withType("Ready")
            .withStatus("Unknown")
            .endCondition()
            .endStatus()
            .build();
    assertThat(NodeFate.of(Optional.of(silent))).isEqualTo(NodeFate.PRESENT);
    assertThat(NodeFate.of(Optional.empty())).isEqualTo(NodeFate.GONE);
    var off =
        new NodeBuilder(silent)
            .editSpec()
            .addNewTaint("NoExecute", "node.kubernetes.io/out-of-service", null, "nodeshutdown")
            .endSpec()
            .build();
    assertThat(NodeFate.of(Optional.of(off))).isEqualTo(NodeFate.OUT_OF_SERVICE);
  }

  @Test
  void aPhaseThatTakesTooLongIsGivenUpWithWhatWasInTheWay() {
    var pulling =
        new RuntimeView.Starting(
            NAME, StartPhase.IMAGE, CREATED, "cannot pull img", Optional.empty());
    Instant limit = CREATED.plus(StartPhase.IMAGE.limit());

    assertThat(pulling.givenUp(CREATED, limit)).isEmpty();
    assertThat(pulling.givenUp(CREATED, limit.plusMillis(1)))
        .contains(
            new RuntimeView.GivenUp(
                EndReason.IMAGE_UNAVAILABLE,
                "its image cannot be pulled within 600 s: cannot pull img"));
    assertThat(pulling.givenUp(limit, limit.plusMillis(1)))
        .as("nobody had looked before")
        .isEmpty();
  }

  private static Row waitingAgent(
      String reason, String message, StartPhase phase, @Nullable EndReason hopeless, String says) {
    return new Row(
        reason + " of the agent's image",
        bound(
            "{phase: Pending, conditions: [%s, %s], initContainerStatuses: [{name: agent, image: img, state: {waiting: {reason: %s, message: \"%s\"}}}]}"
                .formatted(SCHEDULED, SANDBOX, reason, message)),
        new Expected.Starts(phase, 10, Optional.ofNullable(hopeless)),
        says);
  }

  private static Row waitingKernel(
      String reason, String message, StartPhase phase, @Nullable EndReason hopeless, String says) {
    return new Row(
        reason + " of the kernel's image: " + message,
        bound(
            "{phase: Pending, conditions: [%s, %s, %s], initContainerStatuses: [%s], containerStatuses: [{name: kernel, image: img, state: {waiting: {reason: %s, message: \"%s\"}}}]}"
                .formatted(SCHEDULED, SANDBOX, INITIALIZED, AGENT_UP, reason, message)),
        new Expected.Starts(phase, 25, Optional.ofNullable(hopeless)),
        says);
  }

  private static Row failed(String reason, EndReason expected, String says) {
    return new Row(
        reason,
        bound("{phase: Failed, reason: %s, message: Allocate failed}".formatted(reason)),
        new Expected.HasEnded(expected),
        says);
  }

  private static String running(String kernelStarted, String agent) {
    return "{phase: Running, conditions: [%s, %s, %s], initContainerStatuses: [%s], containerStatuses: [{name: kernel, state: {running: {startedAt: '%s'}}}]}"
        .formatted(SCHEDULED, SANDBOX, INITIALIZED, agent, kernelStarted);
  }

  private static String unbound(String status) {
    return pod("", "{}", status);
  }

  private static String bound(String status) {
    return pod("", "{nodeName: node-1}", status);
  }

  private static String withVolume(String status) {
    return pod(
        "",
        "{nodeName: node-1, volumes: [{name: v, persistentVolumeClaim: {claimName: drive}}]}",
        status);
  }

  private static String deleted(String status) {
    return pod(", deletionTimestamp: '2026-11-23T12:00:55Z'", "{nodeName: node-1}", status);
  }

  private static String pod(String metadata, String spec, String status) {
    return "{apiVersion: v1, kind: Pod, metadata: {name: '%s', creationTimestamp: '%s'%s}, spec: %s, status: %s}"
        .formatted(NAME, CREATED, metadata, spec, status);
  }

  private static String event(String reason, String time, String message) {
    return "{apiVersion: v1, kind: Event, metadata: {name: e}, reason: %s, lastTimestamp: '%s', message: '%s'}"
        .formatted(reason, time, message);
  }
}
