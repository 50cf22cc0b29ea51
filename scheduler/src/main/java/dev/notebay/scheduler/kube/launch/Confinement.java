package dev.notebay.scheduler.kube.launch;

import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSecurityContextBuilder;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.SecurityContextBuilder;

/**
 * What containers of sessions must not do: the profile <i>restricted</i> of the Pod Security
 * Standards, and a read-only root beside it. The agent has a user of its own; files that it shares
 * with kernels belong to a group that both are in.
 */
final class Confinement {
  static final long AGENT_USER = 1001;
  static final long KERNEL_USER = 1000;
  static final long GROUP = 1000;

  private Confinement() {}

  static PodSecurityContext ofPod() {
    return new PodSecurityContextBuilder()
        .withRunAsNonRoot(true)
        .withRunAsUser(KERNEL_USER)
        .withRunAsGroup(GROUP)
        .withFsGroup(GROUP)
        .withFsGroupChangePolicy("OnRootMismatch")
        .withNewSeccompProfile()
        .withType("RuntimeDefault")
        .endSeccompProfile()
        .build();
  }

  static SecurityContext ofContainer(long user) {
    return new SecurityContextBuilder()
        .withRunAsNonRoot(true)
        .withRunAsUser(user)
        .withRunAsGroup(GROUP)
        .withPrivileged(false)
        .withAllowPrivilegeEscalation(false)
        .withReadOnlyRootFilesystem(true)
        .withNewCapabilities()
        .withDrop("ALL")
        .endCapabilities()
        .withNewSeccompProfile()
        .withType("RuntimeDefault")
        .endSeccompProfile()
        .build();
  }
}
