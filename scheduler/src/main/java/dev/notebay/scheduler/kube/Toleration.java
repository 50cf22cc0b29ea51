package dev.notebay.scheduler.kube;

import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import java.util.Optional;

/**
 * Which taints of nodes a pod puts up with.
 *
 * @param key of the taint; empty for any, together with {@link Operator#EXISTS}
 * @param value what the taint's must be, for {@link Operator#EQUAL}
 * @param effect of the taint; empty for any
 * @see <a
 *     href="https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/">Taints
 *     and Tolerations</a>
 */
public record Toleration(String key, Operator operator, String value, Optional<Effect> effect) {

  /** How key and value are compared. */
  public enum Operator {
    EXISTS("Exists"),
    EQUAL("Equal");

    private final String word;

    Operator(String word) {
      this.word = word;
    }

    /** As Kubernetes writes it. */
    public String word() {
      return word;
    }
  }

  /** What a taint does to pods that do not tolerate it. */
  public enum Effect {
    NO_SCHEDULE("NoSchedule"),
    PREFER_NO_SCHEDULE("PreferNoSchedule"),
    NO_EXECUTE("NoExecute");

    private final String word;

    Effect(String word) {
      this.word = word;
    }

    /** As Kubernetes writes it. */
    public String word() {
      return word;
    }
  }

  public Toleration {
    if (key.isEmpty() && operator != Operator.EXISTS) {
      throw new IllegalArgumentException("key: empty (expected: one, or operator Exists)");
    }
    if (operator == Operator.EXISTS && !value.isEmpty()) {
      throw new IllegalArgumentException("value: " + value + " (expected: none with Exists)");
    }
  }

  /** Whether a pod with this toleration may be on a node with that taint. */
  public boolean tolerates(Taint taint) {
    String value = taint.getValue() == null ? "" : taint.getValue();
    return (effect.isEmpty() || effect.get().word().equals(taint.getEffect()))
        && (key.isEmpty() || key.equals(taint.getKey()))
        && (operator == Operator.EXISTS || this.value.equals(value));
  }

  /** As a pod has it. */
  public io.fabric8.kubernetes.api.model.Toleration toModel() {
    var model = new TolerationBuilder().withOperator(operator.word());
    if (!key.isEmpty()) {
      model.withKey(key);
    }
    if (!value.isEmpty()) {
      model.withValue(value);
    }
    effect.ifPresent(each -> model.withEffect(each.word()));
    return model.build();
  }
}
