package dev.notebay.scheduler.kube;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How sessions are run on a cluster; {@link KubeSettingsFile} reads and checks it.
 *
 * @param installation value of {@link Labels#INSTALLATION}; two installations may share a cluster
 * @param namespace where the pods of sessions are
 * @param jwt whose tokens agents accept; empty for those that this installation issues itself
 * @param acceleratorClasses the first that fits a node's devices is theirs
 */
public record KubeSettings(
    String installation,
    String namespace,
    Images images,
    SchedulerAddress scheduler,
    Optional<Jwt> jwt,
    Defaults defaults,
    List<AcceleratorClass> acceleratorClasses,
    Storage storage) {
  public KubeSettings {
    acceleratorClasses = List.copyOf(acceleratorClasses);
  }

  /**
   * Container images.
   *
   * @param agent of the sidecar
   * @param usual of the kernel, where the session names none
   * @param allowed which others a session may name; {@code *} at the end stands for anything
   */
  public record Images(String agent, String usual, List<String> allowed) {
    public Images {
      allowed = List.copyOf(allowed);
    }

    /** Whether sessions may run this image. */
    public boolean allows(String image) {
      return image.equals(usual)
          || allowed.stream()
              .anyMatch(
                  pattern ->
                      pattern.endsWith("*")
                          ? image.startsWith(pattern.substring(0, pattern.length() - 1))
                          : image.equals(pattern));
    }
  }

  /**
   * How agents reach the scheduler.
   *
   * @param address {@code host:port} of its gRPC service, as pods see it
   * @param tokenAudience of the service-account tokens by which agents prove who they are
   */
  public record SchedulerAddress(String address, String tokenAudience) {}

  /** An OpenID Connect issuer, and the address of its keys. */
  public record Jwt(String issuer, String jwks) {}

  /**
   * What every session's pod has.
   *
   * @param nodeSelector labels that a node must have for any session
   * @param ephemeralStorageBytes request and limit of each pod
   */
  public record Defaults(
      List<Toleration> tolerations,
      Map<String, String> nodeSelector,
      long ephemeralStorageBytes,
      Optional<String> runtimeClass) {
    public Defaults {
      tolerations = List.copyOf(tolerations);
      nodeSelector = Map.copyOf(nodeSelector);
    }
  }

  /**
   * How volumes become claims.
   *
   * @param storageClass empty for the cluster's default
   */
  public record Storage(Optional<String> storageClass, AccessMode accessMode) {}

  /** Who may mount a claim at once; words as in Kubernetes. */
  public enum AccessMode {
    READ_WRITE_ONCE("ReadWriteOnce"),
    READ_WRITE_ONCE_POD("ReadWriteOncePod"),
    READ_WRITE_MANY("ReadWriteMany");

    private final String word;

    AccessMode(String word) {
      this.word = word;
    }

    public String word() {
      return word;
    }
  }

  /** The class of that name. */
  public Optional<AcceleratorClass> acceleratorClass(String name) {
    return acceleratorClasses.stream().filter(each -> each.name().equals(name)).findFirst();
  }
}
