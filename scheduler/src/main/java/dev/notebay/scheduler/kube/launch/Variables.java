package dev.notebay.scheduler.kube.launch;

import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A container's environment in the making; a variable that is set twice has its last value. What is
 * put is what the container sees: Kubernetes would replace {@code $(NAME)} in it, so every {@code
 * $} is doubled, which it undoes.
 */
final class Variables {
  private final Map<String, EnvVar> variables = new LinkedHashMap<>();

  Variables put(String name, String value) {
    variables.put(
        name, new EnvVarBuilder().withName(name).withValue(value.replace("$", "$$")).build());
    return this;
  }

  /** From what the pod itself is, such as {@code metadata.uid}. */
  Variables putField(String name, String path) {
    variables.put(
        name,
        new EnvVarBuilder()
            .withName(name)
            .withNewValueFrom()
            .withNewFieldRef()
            .withApiVersion("v1")
            .withFieldPath(path)
            .endFieldRef()
            .endValueFrom()
            .build());
    return this;
  }

  List<EnvVar> list() {
    return new ArrayList<>(variables.values());
  }
}
