package dev.notebay.scheduler.kube.launch;

import dev.notebay.scheduler.core.launch.StartPhase;
import dev.notebay.scheduler.core.session.EndReason;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Why a container does not start, by the reasons of the kubelet. */
enum ContainerTrouble {
  /** Named so badly that no registry could have it. */
  INVALID_IMAGE_NAME(StartPhase.IMAGE, "no image can have the name"),
  ERR_IMAGE_PULL(StartPhase.IMAGE, "cannot pull"),
  IMAGE_PULL_BACK_OFF(StartPhase.IMAGE, "cannot pull, and tries again"),
  ERR_IMAGE_NEVER_PULL(StartPhase.IMAGE, "is not on the node, which may not pull it:"),
  IMAGE_INSPECT_ERROR(StartPhase.IMAGE, "cannot read"),
  REGISTRY_UNAVAILABLE(StartPhase.IMAGE, "the registry does not answer for"),
  SIGNATURE_VALIDATION_FAILED(StartPhase.IMAGE, "the signature is not accepted of"),
  CREATE_CONTAINER_CONFIG_ERROR(StartPhase.CONTAINER, "cannot be set up as asked:"),
  CREATE_CONTAINER_ERROR(StartPhase.CONTAINER, "cannot make a container of"),
  RUN_CONTAINER_ERROR(StartPhase.CONTAINER, "cannot start a container of"),
  CRASH_LOOP_BACK_OFF(StartPhase.CLAIM, "ends again and again:");

  /** A registry that says so will say so again. */
  private static final List<String> FINAL =
      List.of("not found", "notfound", "manifest unknown", "unauthorized", "denied", "forbidden");

  private final StartPhase phase;
  private final String words;

  ContainerTrouble(StartPhase phase, String words) {
    this.phase = phase;
    this.words = words;
  }

  /**
   * @param reason such as {@code ImagePullBackOff}
   * @return empty for what is no trouble, as {@code ContainerCreating}
   */
  static Optional<ContainerTrouble> of(@Nullable String reason) {
    if (reason == null) {
      return Optional.empty();
    }
    String name = reason.replaceAll("([a-z])([A-Z])", "$1_$2").toUpperCase(Locale.ROOT);
    for (ContainerTrouble each : values()) {
      if (each.name().equals(name)) {
        return Optional.of(each);
      }
    }
    return Optional.empty();
  }

  StartPhase phase() {
    return phase;
  }

  String explain(String image, @Nullable String message) {
    return PodStatusMapper.joined((words + " " + image).strip(), message);
  }

  /** The reason to give up for at once; empty where it may become better by itself. */
  Optional<EndReason> hopeless(@Nullable String message) {
    return switch (this) {
      case INVALID_IMAGE_NAME, ERR_IMAGE_NEVER_PULL, SIGNATURE_VALIDATION_FAILED ->
          Optional.of(EndReason.IMAGE_UNAVAILABLE);
      // The first refusal may be a registry's hiccup; after a pause it was asked again.
      case IMAGE_PULL_BACK_OFF ->
          message != null && FINAL.stream().anyMatch(message.toLowerCase(Locale.ROOT)::contains)
              ? Optional.of(EndReason.IMAGE_UNAVAILABLE)
              : Optional.empty();
      case CREATE_CONTAINER_CONFIG_ERROR -> Optional.of(EndReason.START_FAILED);
      case ERR_IMAGE_PULL,
          IMAGE_INSPECT_ERROR,
          REGISTRY_UNAVAILABLE,
          CREATE_CONTAINER_ERROR,
          RUN_CONTAINER_ERROR,
          CRASH_LOOP_BACK_OFF ->
          Optional.empty();
    };
  }
}
