package dev.notebay.scheduler.kube.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.scheduler.core.SchedulerException.ClusterUnavailable;
import dev.notebay.scheduler.core.launch.AgentTokens.Proved;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.kube.KubeClient;
import dev.notebay.scheduler.kube.KubeSettings;
import dev.notebay.scheduler.kube.testing.Cluster;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequest;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** With tokens as a kubelet gets them, where a real API server is there. */
class PodTokensTest {
  @RegisterExtension static final Cluster CLUSTER = new Cluster();

  private final RuntimeName name = new RuntimeName(new SessionId(UUID.randomUUID()), 1);
  private Instant now = Instant.parse("2026-11-23T12:00:00Z");
  private KubeSettings settings = Pods.SETTINGS;
  private PodTokens tokens = tokens(CLUSTER.client());

  private PodTokens tokens(KubernetesClient client) {
    InstantSource clock = () -> now;
    return new PodTokens(client, settings, clock);
  }

  @BeforeEach
  void start() {
    settings = Pods.settings(CLUSTER.namespace());
    tokens = tokens(CLUSTER.client());
  }

  @Test
  void aPodsTokenProvesWhichRuntimeAndWhichStartOfItItIs() {
    CLUSTER.requireReal("TokenRequest and TokenReview");
    Pod pod = pod(name.toString());

    assertThat(tokens.verify(token(pod, "notebay")))
        .contains(new Proved(name, Optional.of(pod.getMetadata().getUid())));
  }

  @Test
  void aTokenForAnotherAudienceOrOfAPodThatIsNoRuntimeProvesNothing() {
    CLUSTER.requireReal("TokenRequest and TokenReview");

    assertThat(tokens.verify(token(pod(name.toString()), "somebody-else"))).isEmpty();
    assertThat(tokens.verify(token(pod("a-pod"), "notebay"))).isEmpty();
    assertThat(tokens.verify("a.forged.token")).isEmpty();
  }

  @Test
  void aTokenOfADeletedPodProvesNothingAfterAMinute() {
    CLUSTER.requireReal("TokenRequest and TokenReview");
    Pod pod = pod(name.toString());
    String token = token(pod, "notebay");
    assertThat(tokens.verify(token)).isPresent();
    CLUSTER.client().resource(pod).withGracePeriod(0).delete();

    // The API server itself remembers for ten seconds what it has accepted.
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    now = now.plusSeconds(60);
    while (tokens.verify(token).isPresent()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      LockSupport.parkNanos(Duration.ofMillis(200).toNanos());
      now = now.plusSeconds(60);
    }
  }

  @Test
  void whatIsNoTokenIsNotAskedAbout() {
    assertThat(tokens(away()).verify("nonsense")).isEmpty();
    assertThat(tokens(away()).verify("x".repeat(100_000) + "..")).isEmpty();
  }

  @Test
  void aTokenThatNobodyCanJudgeIsNotRefused() {
    assertThatThrownBy(() -> tokens(away()).verify("a.b.c")).isInstanceOf(ClusterUnavailable.class);
  }

  /** A cluster that is not there. */
  private static KubernetesClient away() {
    return KubeClient.of(
        new ConfigBuilder(Config.empty()).withMasterUrl("https://127.0.0.1:1").build());
  }

  private static Pod pod(String name) {
    CLUSTER
        .client()
        .resource(
            new ServiceAccountBuilder()
                .withNewMetadata()
                .withName("default")
                .withNamespace(CLUSTER.namespace())
                .endMetadata()
                .build())
        .createOr(existing -> existing.update());
    return CLUSTER
        .client()
        .resource(
            new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(CLUSTER.namespace())
                .endMetadata()
                .withNewSpec()
                .withServiceAccountName("default")
                .addNewContainer()
                .withName("main")
                .withImage("image")
                .endContainer()
                .endSpec()
                .build())
        .create();
  }

  /** As a kubelet asks for it. */
  private static String token(Pod pod, String audience) {
    TokenRequest request =
        new TokenRequestBuilder()
            .withNewSpec()
            .withAudiences(List.of(audience))
            .withExpirationSeconds(3600L)
            .withNewBoundObjectRef()
            .withApiVersion("v1")
            .withKind("Pod")
            .withName(pod.getMetadata().getName())
            .withUid(pod.getMetadata().getUid())
            .endBoundObjectRef()
            .endSpec()
            .build();
    String answer =
        CLUSTER
            .client()
            .raw(
                "/api/v1/namespaces/" + CLUSTER.namespace() + "/serviceaccounts/default/token",
                "POST",
                request);
    return Serialization.unmarshal(answer, TokenRequest.class).getStatus().getToken();
  }
}
