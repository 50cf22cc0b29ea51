package dev.notebay.scheduler.kube.launch;

import dev.notebay.scheduler.core.launch.LaunchRequest;
import dev.notebay.scheduler.core.launch.Launcher.LaunchException;
import dev.notebay.scheduler.core.session.Image;
import dev.notebay.scheduler.kube.AcceleratorClass;
import dev.notebay.scheduler.kube.KubeSettings;
import dev.notebay.scheduler.kube.Labels;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Makes the pod of a session from typed, checked fields; there is no template. What a person can
 * choose becomes the value of a field and never its name or its place.
 *
 * <p>What always holds: the pod satisfies the profile <i>restricted</i> of the Pod Security
 * Standards; one session and attempt have one name; no container but the agent sees a token; every
 * container has limits.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/security/pod-security-standards/">Pod Security
 *     Standards</a>
 */
public final class PodBuilder {
  private static final Pattern CLAIM =
      Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*");
  private static final int CLAIM_LENGTH = 253;

  /** The one that every namespace has. */
  private static final String SERVICE_ACCOUNT = "default";

  /** For kernels to end by themselves once the pod is to go. */
  private static final long GRACE_SECONDS = 15;

  private final KubeSettings settings;
  private final AllowedImages images;
  private final Optional<String> publicKey;

  /**
   * @param publicKey of the tokens that this installation issues itself, as PEM, for the agents of
   *     an installation without an issuer in its settings
   */
  public PodBuilder(KubeSettings settings, Optional<String> publicKey) {
    this.settings = settings;
    this.images = new AllowedImages(settings.images());
    this.publicKey = publicKey;
  }

  /**
   * The pod, which nobody owns yet; nothing is sent anywhere.
   *
   * @throws LaunchException when such a session cannot be a pod here, with what would be right
   */
  public Pod build(LaunchRequest request) {
    Optional<AcceleratorClass> accelerator = accelerator(request);
    String claim = claim(request);
    var defaults = settings.defaults();
    return new io.fabric8.kubernetes.api.model.PodBuilder()
        .withNewMetadata()
        .withName(request.name().toString())
        .withNamespace(settings.namespace())
        .withLabels(labels(request))
        .withAnnotations(
            Map.of(
                Labels.DEVICES, String.join(",", request.assignment().devices()),
                Labels.NODE, request.assignment().node()))
        .endMetadata()
        .withNewSpec()
        .withSchedulerName(Labels.SCHEDULER_NAME)
        .withRestartPolicy("Never")
        // Its token proves to the scheduler which pod this is; it has no other rights.
        .withServiceAccountName(SERVICE_ACCOUNT)
        .withAutomountServiceAccountToken(false)
        .withEnableServiceLinks(false)
        .withShareProcessNamespace(false)
        .withHostname(Labels.NOTEBAY)
        .withTerminationGracePeriodSeconds(GRACE_SECONDS)
        .withRuntimeClassName(
            accelerator
                .flatMap(AcceleratorClass::runtimeClass)
                .or(defaults::runtimeClass)
                .orElse(null))
        .withTolerations(tolerations(accelerator))
        .withSecurityContext(Confinement.ofPod())
        .withInitContainers(AgentContainer.of(request, settings, publicKey))
        .withContainers(
            KernelContainer.of(
                request, image(request), accelerator, defaults.ephemeralStorageBytes()))
        .withVolumes(PodVolumes.of(request, settings, claim))
        .endSpec()
        .build();
  }

  private Map<String, String> labels(LaunchRequest request) {
    return Map.of(
        "app.kubernetes.io/name",
        "notebay-session",
        Labels.MANAGED_BY,
        Labels.NOTEBAY,
        Labels.INSTALLATION,
        settings.installation(),
        Labels.SESSION,
        request.name().session().toString(),
        Labels.ATTEMPT,
        Integer.toString(request.name().attempt()));
  }

  private String image(LaunchRequest request) {
    request
        .image()
        .ifPresent(
            image ->
                images
                    .fault(image)
                    .ifPresent(
                        expected -> {
                          throw new LaunchException(
                              "image: " + image.reference() + " (expected: " + expected + ")");
                        }));
    return request.image().map(Image::reference).orElse(settings.images().usual());
  }

  private Optional<AcceleratorClass> accelerator(LaunchRequest request) {
    if (request.accelerator().isNone()) {
      return Optional.empty();
    }
    if (request.accelerator().isShare()) {
      throw new LaunchException(
          "accelerator.milli: "
              + request.accelerator().milli()
              + " (expected: 1000; on a cluster no device is shared, a MIG profile is a class of its"
              + " own)");
    }
    String type = request.assignment().type();
    return Optional.of(
        settings
            .acceleratorClass(type)
            .orElseThrow(
                () ->
                    new LaunchException(
                        "accelerator class "
                            + type
                            + " is no longer among the acceleratorClasses of this installation;"
                            + " create the session again, or ask its operator")));
  }

  private static String claim(LaunchRequest request) {
    if (request.volume().isEmpty()) {
      return "";
    }
    String volume = request.volume().get();
    String claim =
        volume.startsWith(PodParts.CLAIM) ? volume.substring(PodParts.CLAIM.length()) : "";
    if (claim.length() > CLAIM_LENGTH || !CLAIM.matcher(claim).matches()) {
      throw new LaunchException(
          "volume: "
              + volume
              + " (expected: claim:NAME; run the storage gateway with NOTEBAY_VOLUMES=claims)");
    }
    return claim;
  }

  /**
   * Those of the settings, and of a silent node: nobody takes a session away from a node only
   * because it does not answer.
   */
  private List<Toleration> tolerations(Optional<AcceleratorClass> accelerator) {
    List<Toleration> tolerations = new ArrayList<>();
    settings.defaults().tolerations().forEach(each -> tolerations.add(each.toModel()));
    accelerator.ifPresent(of -> of.tolerations().forEach(each -> tolerations.add(each.toModel())));
    for (String key : List.of("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")) {
      tolerations.add(
          new TolerationBuilder()
              .withKey(key)
              .withOperator("Exists")
              .withEffect("NoExecute")
              .build());
    }
    return tolerations;
  }
}
