package dev.notebay.scheduler.kube.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.scheduler.core.launch.Launcher;
import dev.notebay.scheduler.core.launch.LauncherContract;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.launch.RuntimeView;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.Environment;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.kube.KubeSettings;
import dev.notebay.scheduler.kube.SessionOwners;
import dev.notebay.scheduler.kube.testing.Cluster;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.node.v1.RuntimeClassBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** On a cluster whose kubelet the test plays. */
class KubeLauncherTest extends LauncherContract {
  private static final String NODE = "node-1";
  private static final long LIMIT_NANOS = 20_000_000_000L;
  private static final long PAUSE_NANOS = 20_000_000L;

  @RegisterExtension static final Cluster CLUSTER = new Cluster();

  private KubeSettings settings;
  private PlayedKubelet kubelet;
  private KubeLauncher launcher;
  private KubeLauncher another;

  @BeforeEach
  void start() {
    settings = Pods.settings(CLUSTER.namespace());
    CLUSTER
        .client()
        .resource(
            new RuntimeClassBuilder()
                .withNewMetadata()
                .withName("nvidia")
                .endMetadata()
                .withHandler("nvidia")
                .build())
        .createOr(NonDeletingOperation::update);
    kubelet = new PlayedKubelet(CLUSTER, NODE);
    launcher = newLauncher();
    another = newLauncher();
  }

  @AfterEach
  void stop() {
    launcher.close();
    another.close();
    CLUSTER.client().pods().inNamespace(CLUSTER.namespace()).withGracePeriod(0).delete();
  }

  private KubeLauncher newLauncher() {
    return newLauncher((_, _) -> Optional.empty());
  }

  private KubeLauncher newLauncher(SessionOwners owners) {
    return newLauncher(owners, InstantSource.system());
  }

  private KubeLauncher newLauncher(SessionOwners owners, InstantSource clock) {
    return new KubeLauncher(
        CLUSTER.client(),
        settings,
        new ListedPods(CLUSTER.client(), CLUSTER.namespace()),
        new PodBuilder(settings, Optional.empty()),
        owners,
        clock);
  }

  @Override
  protected Launcher launcher() {
    return launcher;
  }

  @Override
  protected Launcher another() {
    return another;
  }

  @Override
  protected String node() {
    return NODE;
  }

  @Override
  protected void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + LIMIT_NANOS;
    kubelet.runOnce();
    while (!holds(condition)) {
      assertThat(System.nanoTime()).as("not in time: %s", what).isLessThan(deadline);
      LockSupport.parkNanos(PAUSE_NANOS);
      kubelet.runOnce();
    }
  }

  /** What is not there yet may come. */
  private static boolean holds(BooleanSupplier condition) {
    try {
      return condition.getAsBoolean();
    } catch (java.util.NoSuchElementException notYet) {
      return false;
    }
  }

  @Override
  protected void exit(RuntimeName name) {
    kubelet.say(pod(name), "Succeeded");
  }

  private Pod pod(RuntimeName name) {
    return CLUSTER.client().pods().inNamespace(CLUSTER.namespace()).withName(name.toString()).get();
  }

  private static RuntimeName fresh() {
    return new RuntimeName(new SessionId(UUID.randomUUID()), 1);
  }

  private void launch(RuntimeName name) {
    launcher.launch(Pods.request(name));
    await("a pod", () -> pod(name) != null && pod(name).getSpec().getNodeName() != null);
  }

  @Test
  void theClusterTakesThePodAndKeepsWhatItSays() {
    RuntimeName name = fresh();
    launch(name);

    assertThat(pod(name).getSpec().getNodeName()).isEqualTo(NODE);
    assertThat(
            PodRules.broken(
                new io.fabric8.kubernetes.api.model.PodBuilder(pod(name))
                    .editSpec()
                    .withNodeName(null)
                    .endSpec()
                    .build(),
                settings))
        .as("with what the API server filled in")
        .isEmpty();
  }

  @Test
  void aPodOfSomebodyElseIsLeftAlone() {
    RuntimeName name = fresh();
    Pod theirs =
        new io.fabric8.kubernetes.api.model.PodBuilder()
            .withNewMetadata()
            .withName(name.toString())
            .withNamespace(CLUSTER.namespace())
            .withLabels(Map.of("app", "other"))
            .endMetadata()
            .withNewSpec()
            .addNewContainer()
            .withName("main")
            .withImage("image")
            .endContainer()
            .endSpec()
            .build();
    CLUSTER.client().resource(theirs).create();
    launcher.launch(Pods.request(name));

    await("refused", () -> isRefused(name));
    assertThat(launcher.look(name)).isEmpty();
    launcher.terminate(name);
    launcher.remove(name);
    launcher.close();
    assertThat(pod(name).getMetadata().getDeletionTimestamp()).isNull();
    assertThat(pod(name).getMetadata().getLabels()).isEqualTo(Map.of("app", "other"));
  }

  private boolean isRefused(RuntimeName name) {
    try {
      launcher.launch(Pods.request(name));
      return false;
    } catch (Launcher.LaunchException refused) {
      assertThat(refused).hasMessageContaining("of somebody else");
      return true;
    }
  }

  @Test
  void aPodIsOwnedByTheObjectOfItsSessionAndNotMadeWithoutIt() {
    var tries = new AtomicInteger();
    OwnerReference owner =
        new OwnerReferenceBuilder()
            .withApiVersion("notebay.dev/v1alpha1")
            .withKind("NotebookSession")
            .withName("training")
            .withUid(UUID.randomUUID().toString())
            .withController(true)
            .build();
    launcher.close();
    launcher =
        newLauncher(
            (_, _) -> {
              if (tries.getAndIncrement() == 0) {
                throw new KubernetesClientException("etcdserver: request timed out", 500, null);
              }
              return Optional.of(owner);
            });
    RuntimeName name = fresh();

    await(
        "a pod",
        () -> {
          launcher.launch(Pods.request(name));
          return pod(name) != null;
        });

    assertThat(tries).hasValue(2);
    assertThat(pod(name).getMetadata().getOwnerReferences()).containsExactly(owner);
  }

  @Test
  void anObjectThatTheClusterRefusesFailsTheLaunchWithItsWords() {
    launcher.close();
    launcher =
        newLauncher(
            (_, _) -> {
              throw new KubernetesClientException("denied by policy", 403, null);
            });
    RuntimeName name = fresh();
    launcher.launch(Pods.request(name));

    await("tried", () -> launcher.list().isEmpty());
    assertThatThrownBy(() -> launcher.launch(Pods.request(name)))
        .isInstanceOf(Launcher.LaunchException.class)
        .hasMessage("the cluster refuses its object: denied by policy");
  }

  @Test
  void anImpossibleRequestIsRefusedAtOnce() {
    RuntimeName name = fresh();
    var request =
        Pods.request(
            name, NODE, Optional.of("/srv/not-a-claim"), Optional.empty(), Environment.NONE);

    assertThatThrownBy(() -> launcher.launch(request)).isInstanceOf(Launcher.LaunchException.class);
    assertThat(pod(name)).isNull();
  }

  @Test
  void whatASilentNodeMayStillRunHasNotEnded() {
    RuntimeName name = fresh();
    launch(name);
    CLUSTER
        .client()
        .nodes()
        .withName(NODE)
        .edit(node -> tainted(node, "node.kubernetes.io/unreachable"));

    assertThat(launcher.look(name).orElseThrow()).isNotInstanceOf(RuntimeView.Ended.class);
  }

  @Test
  void whatWasOnANodeThatIsGoneHasEndedAndIsRemoved() {
    RuntimeName name = fresh();
    launch(name);
    CLUSTER.client().nodes().withName(NODE).delete();

    assertThat(launcher.look(name))
        .get()
        .isInstanceOfSatisfying(
            RuntimeView.Ended.class,
            ended -> assertThat(ended.reason()).isEqualTo(EndReason.NODE_LOST));
    launcher.remove(name);
    awaitWithoutKubelet(() -> pod(name) == null);
  }

  @Test
  void aPodIsTakenByForceFromANodeThatIsOutOfService() {
    RuntimeName name = fresh();
    launch(name);
    CLUSTER
        .client()
        .nodes()
        .withName(NODE)
        .edit(node -> tainted(node, NodeFate.OUT_OF_SERVICE_TAINT));

    launcher.terminate(name);

    awaitWithoutKubelet(() -> pod(name) == null);
  }

  @Test
  void aDeleteMeantForOnePodDoesNotHitTheNextOfItsName() {
    CLUSTER.requireReal("preconditions of deletes");
    RuntimeName name = fresh();
    launch(name);
    Pod other =
        new io.fabric8.kubernetes.api.model.PodBuilder(pod(name))
            .editMetadata()
            .withUid("another")
            .endMetadata()
            .build();

    new PodCalls(CLUSTER.client(), settings).delete(other, Optional.of(0L));

    assertThat(pod(name)).isNotNull();
  }

  @Test
  void aPodThatWasLeftUnboundIsBoundByWhoeverSeesIt() {
    CLUSTER.requireReal("bindings");
    RuntimeName name = fresh();
    CLUSTER
        .client()
        .resource(new PodBuilder(settings, Optional.empty()).build(Pods.request(name)))
        .create();

    awaitWithoutKubelet(
        () -> {
          another.list();
          return pod(name).getSpec().getNodeName() != null;
        });
    assertThat(pod(name).getSpec().getNodeName()).isEqualTo(NODE);
  }

  @Test
  void aStartThatWaitsForAVolumeSaysWhyItsClaimHasNoStorage() throws Exception {
    String claim = "volume-" + UUID.randomUUID();
    RuntimeName name = fresh();
    // Nothing is waited for but the cluster: pods seem to have been made a while ago.
    launcher.close();
    launcher =
        newLauncher(
            (_, _) -> Optional.empty(),
            InstantSource.offset(InstantSource.system(), Duration.ofMinutes(1)));
    try (var _ = CLUSTER.startController("persistentvolume-binder-controller")) {
      CLUSTER.client().resource(claim(claim, "not-there")).create();
      awaitWithoutKubelet(() -> hasEvent(claim));
      launcher.launch(
          Pods.request(
              name, NODE, Optional.of("claim:" + claim), Optional.empty(), Environment.NONE));
      awaitWithoutKubelet(() -> start(name).contains("StorageClass"));
    }

    assertThat(start(name))
        .isEqualTo(
            "its volumes are attached and mounted: its claim "
                + claim
                + " wants a StorageClass that the cluster does not have"
                + " (storageclass.storage.k8s.io \"not-there\" not found); an operator can make it,"
                + " or set another and have the volume made anew");
  }

  private static PersistentVolumeClaim claim(String name, String storageClass) {
    return new PersistentVolumeClaimBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace(CLUSTER.namespace())
        .endMetadata()
        .withNewSpec()
        .withAccessModes("ReadWriteOnce")
        .withStorageClassName(storageClass)
        .withNewResources()
        .withRequests(Map.of("storage", new Quantity("1Gi")))
        .endResources()
        .endSpec()
        .build();
  }

  private static boolean hasEvent(String claim) {
    return CLUSTER
        .client()
        .v1()
        .events()
        .inNamespace(CLUSTER.namespace())
        .list()
        .getItems()
        .stream()
        .anyMatch(event -> claim.equals(event.getInvolvedObject().getName()));
  }

  /** What a person is told of a start; empty while nothing is known of it. */
  private String start(RuntimeName name) {
    return launcher.list().stream()
        .filter(view -> view.name().equals(name))
        .filter(RuntimeView.Starting.class::isInstance)
        .map(view -> ((RuntimeView.Starting) view).explanation())
        .findFirst()
        .orElse("");
  }

  private static void awaitWithoutKubelet(BooleanSupplier condition) {
    long deadline = System.nanoTime() + LIMIT_NANOS;
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  private static Node tainted(Node node, String taint) {
    return new NodeBuilder(node)
        .editSpec()
        .addNewTaint("NoExecute", taint, null, "")
        .endSpec()
        .build();
  }
}
