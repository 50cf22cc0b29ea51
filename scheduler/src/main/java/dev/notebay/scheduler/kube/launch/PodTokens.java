package dev.notebay.scheduler.kube.launch;

import dev.notebay.scheduler.core.SchedulerException.ClusterUnavailable;
import dev.notebay.scheduler.core.launch.AgentTokens;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.kube.KubeSettings;
import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * The projected service-account tokens of agents, as the API server judges them: for our audience,
 * bound to a pod of the sessions' namespace, whose name is the runtime's and whose uid is the one
 * start of it that may use the token.
 *
 * <p>An answer is remembered for less than a minute, by the token's hash. What is no token at all
 * is not asked about, and only some questions are asked at a time: code in a session may try
 * whatever it likes.
 *
 * @see <a
 *     href="https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/">TokenReview</a>
 */
public final class PodTokens implements AgentTokens {
  private static final Duration REMEMBERED = Duration.ofSeconds(50);
  private static final int MAXIMUM_REMEMBERED = 20_000;
  private static final int MAXIMUM_TOKEN = 16 << 10;
  private static final int AT_ONCE = 16;
  private static final String POD_NAME = "authentication.kubernetes.io/pod-name";
  private static final String POD_UID = "authentication.kubernetes.io/pod-uid";

  private final KubernetesClient client;
  private final String audience;
  private final String subjects;
  private final InstantSource clock;
  private final Semaphore permits = new Semaphore(AT_ONCE);
  private final Map<String, Answer> answers =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Answer> eldest) {
          return size() > MAXIMUM_REMEMBERED;
        }
      };

  private record Answer(Optional<Proved> proved, Instant until) {}

  public PodTokens(KubernetesClient client, KubeSettings settings, InstantSource clock) {
    this.client = client;
    this.audience = settings.scheduler().tokenAudience();
    this.subjects = "system:serviceaccount:" + settings.namespace() + ":";
    this.clock = clock;
  }

  @Override
  public Optional<Proved> verify(String bearer) {
    if (bearer.length() > MAXIMUM_TOKEN || bearer.chars().filter(c -> c == '.').count() != 2) {
      return Optional.empty();
    }
    String key = hash(bearer);
    Instant now = clock.instant();
    synchronized (answers) {
      Answer known = answers.get(key);
      if (known != null && now.isBefore(known.until())) {
        return known.proved();
      }
    }
    Optional<Proved> proved = proved(review(bearer));
    synchronized (answers) {
      answers.remove(key);
      answers.put(key, new Answer(proved, now.plus(REMEMBERED)));
    }
    return proved;
  }

  private TokenReviewStatus review(String bearer) {
    if (!permits.tryAcquire()) {
      throw new ClusterUnavailable("too many tokens are being judged");
    }
    try {
      TokenReview review =
          new TokenReviewBuilder()
              .withNewSpec()
              .withToken(bearer)
              .withAudiences(audience)
              .endSpec()
              .build();
      return Optional.ofNullable(client.tokenReviews().create(review).getStatus())
          .orElseGet(TokenReviewStatus::new);
    } catch (KubernetesClientException away) {
      throw new ClusterUnavailable("the cluster cannot judge a token now", away);
    } finally {
      permits.release();
    }
  }

  private Optional<Proved> proved(TokenReviewStatus status) {
    if (!Boolean.TRUE.equals(status.getAuthenticated())
        || !status.getAudiences().contains(audience)
        || status.getUser() == null
        || status.getUser().getUsername() == null
        || !status.getUser().getUsername().startsWith(subjects)) {
      return Optional.empty();
    }
    Map<String, List<String>> extra = status.getUser().getExtra();
    Optional<String> uid = only(extra, POD_UID);
    return only(extra, POD_NAME)
        .flatMap(RuntimeName::parse)
        .filter(_ -> uid.isPresent())
        .map(name -> new Proved(name, uid));
  }

  private static Optional<String> only(Map<String, List<String>> extra, String key) {
    List<String> values = extra.getOrDefault(key, List.of());
    return values.size() == 1 ? Optional.of(values.getFirst()) : Optional.empty();
  }

  private static String hash(String bearer) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(bearer.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException missing) {
      throw new IllegalStateException("every JDK has SHA-256", missing);
    }
  }
}
