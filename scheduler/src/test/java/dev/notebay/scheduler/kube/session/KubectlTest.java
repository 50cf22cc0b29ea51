package dev.notebay.scheduler.kube.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.Sessions;
import dev.notebay.scheduler.core.launch.AgentReport;
import dev.notebay.scheduler.core.request.Agents;
import dev.notebay.scheduler.core.request.Allowance;
import dev.notebay.scheduler.core.request.SessionRequests;
import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.InMemorySessionStore;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.RequestKey;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionEvent;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.kube.testing.Cluster;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What people who use {@code kubectl} see, printed as it is. The controller sees objects by a list
 * before each pass, and the clock is the test's.
 */
class KubectlTest {
  @RegisterExtension static final Cluster CLUSTER = new Cluster();

  private static final Allowance ALLOWANCE = Allowance.USUAL;

  /** Long enough ago that ages make sense to those who read the output. */
  private Instant now = Instant.now().minus(Duration.ofMinutes(24));

  private int ids;
  private final Map<SessionId, AgentReport> reports = new ConcurrentHashMap<>();
  private final InMemorySessionStore store = new InMemorySessionStore(() -> now);
  private final SessionObjectCache cache = new SessionObjectCache(() -> {});
  private final ExecutorService writers = Executors.newSingleThreadExecutor();
  private final SessionRequests requests =
      new SessionRequests(
          store,
          Sessions.line(
              () ->
                  List.of(
                      Sessions.node("gpu-1", 1, "nvidia-a100-80gb"),
                      Sessions.node("gpu-2", 1, "nvidia-l4"))),
          new Told(),
          ALLOWANCE,
          UUID::randomUUID,
          _ -> {});
  private SessionObjects objects = controller();

  @BeforeAll
  static void install() {
    CLUSTER.requireReal("kubectl, custom resources with their printed columns, and events");
    SessionDefinition.install(CLUSTER.client());
  }

  @BeforeEach
  void begin() {
    objects = controller();
  }

  @AfterEach
  void close() {
    writers.close();
  }

  @Test
  void applyStartsGetAndDescribeTellAndDeleteStops() throws IOException, InterruptedException {
    String example =
        Files.readString(SessionDefinition.root().resolve("examples/notebooksession.yaml"));
    kubectl(
        example.replace("namespace: notebay-sessions", "namespace: " + CLUSTER.namespace()),
        "apply",
        "-f",
        "-");
    Session elsewhere = create("grace", "nvidia-a100-80gb");
    pass();
    Session training = of("ada");
    assertThat(kubectl("", "get", "nbs")).contains("QUEUED", "nvidia-a100-80gb or nvidia-l4 x1");

    place(training, "gpu-1", "nvidia-a100-80gb");
    write(elsewhere, new SessionEvent.Promised(Optional.of(now.plusSeconds(3 * 3600 + 660)), now));
    passAfter(Duration.ofSeconds(2));
    write(training, new SessionEvent.Claimed("uid", now));
    write(training, new SessionEvent.Ready("uid", URI.create("http://10.2.0.7:8888"), now));
    reports.put(training.id(), idle(now));
    passAfter(Duration.ofMinutes(23));
    assertThat(kubectl("", "get", "nbs", "-o", "wide"))
        .contains("READY", "STATE", "ACCELERATOR", "QUEUE-POS", "WAIT-AT-MOST", "NODE")
        .contains("IDLE-FOR", "STOPS-AT", "AGE", "OWNER", "VOLUME", "REASON")
        .containsPattern("training +True +RUNNING +nvidia-a100-80gb x1 +gpu-1 +20m")
        .containsPattern("False +QUEUED +nvidia-a100-80gb x1 +1 +3h ");
    assertThat(kubectl("", "describe", "nbs", "training"))
        .contains("Queued", "Placed", "Ready", "JupyterAnswers", "AgentConnected");

    assertThat(kubectl("", "delete", "nbs", "training", "--wait=false")).contains("deleted");
    passAfter(Duration.ofSeconds(2));
    assertThat(kubectl("", "get", "nbs", "training")).contains("STOPPING");
    write(training, new SessionEvent.RuntimeGone(EndReason.USER_REQUEST, "gone", now));
    write(training, new SessionEvent.VolumeReleased(now));
    passAfter(Duration.ofSeconds(2));
    assertThat(kubectl("", "get", "nbs")).doesNotContain("training").contains("QUEUED");
  }

  @Test
  void whatCannotBeIsToldInItsConditions() throws IOException, InterruptedException {
    kubectl(
        """
        apiVersion: notebay.dev/v1alpha1
        kind: NotebookSession
        metadata: {name: too-much, namespace: %s}
        spec: {owner: ada, accelerator: {types: [nvidia-h100], count: 2}}
        """
            .formatted(CLUSTER.namespace()),
        "apply",
        "-f",
        "-");

    pass();

    assertThat(kubectl("", "get", "nbs", "too-much", "-o", "wide"))
        .contains("REJECTED", "ACCELERATOR_IMPOSSIBLE");
    assertThat(kubectl("", "describe", "nbs", "too-much"))
        .contains("AcceleratorImpossible", "Rejected");
    // Nothing holds it.
    kubectl("", "delete", "nbs", "too-much", "--timeout=10s");
  }

  private SessionObjects controller() {
    return new SessionObjects(
        cache,
        () -> true,
        store::unfinished,
        new SessionObjectReconciler(
            new KubeSessionObjectApi(CLUSTER.client(), "scheduler-0"),
            requests,
            _ -> Optional.empty(),
            new SpecReader(ALLOWANCE),
            cache::link,
            "notebay",
            Duration.ofHours(1)),
        CLUSTER.namespace(),
        "notebay",
        () -> true,
        () -> false,
        () -> now,
        writers);
  }

  private void pass() {
    List<NotebookSession> all =
        CLUSTER
            .client()
            .resources(NotebookSession.class)
            .inNamespace(CLUSTER.namespace())
            .list()
            .getItems();
    all.forEach(cache::put);
    cache.only(
        all.stream().map(object -> object.getMetadata().getUid()).collect(Collectors.toSet()));
    objects.runOnce();
  }

  private void passAfter(Duration time) {
    now = now.plus(time);
    pass();
  }

  private Session create(String owner, String type) {
    return requests
        .create(
            new Owner(owner), Sessions.spec(type, 1), new RequestKey(UUID.randomUUID(), "00"), now)
        .session();
  }

  private Session of(String owner) {
    return store.unfinished().stream()
        .filter(session -> session.owner().subject().equals(owner))
        .findFirst()
        .orElseThrow();
  }

  private void place(Session session, String node, String type) {
    write(
        session, new SessionEvent.Placed(new Assignment(node, type, List.of("gpu-" + ++ids), now)));
  }

  private void write(Session session, SessionEvent event) {
    store.replace(store.find(session.id()).orElseThrow().on(event).orElseThrow());
  }

  private static AgentReport idle(Instant since) {
    return new AgentReport(
        Optional.of(
            new AgentReport.Activity(
                false,
                since,
                Optional.of(since.plus(Duration.ofMinutes(90))),
                Optional.of(EndReason.IDLE_TIMEOUT),
                false,
                "")),
        1,
        0,
        since);
  }

  private static String kubectl(String input, String... arguments)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getenv("KUBEBUILDER_ASSETS"), "kubectl").toString(),
                "--server=" + CLUSTER.config().getMasterUrl(),
                "--token=" + CLUSTER.config().getOauthToken(),
                "--insecure-skip-tls-verify",
                "--namespace=" + CLUSTER.namespace()));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (var stdin = process.outputWriter()) {
      stdin.write(input);
    }
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    System.out.println("$ kubectl " + String.join(" ", arguments) + "\n" + output);
    assertThat(process.exitValue()).as(output).isZero();
    return output;
  }

  private final class Told implements Agents {
    @Override
    public boolean isConnected(SessionId session) {
      return reports.containsKey(session);
    }

    @Override
    public Optional<AgentReport> lastReport(SessionId session) {
      return Optional.ofNullable(reports.get(session));
    }
  }
}
