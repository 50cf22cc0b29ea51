package dev.notebay.scheduler.kube.session;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/**
 * One thing that is so, is not so, or is not known: Kubernetes' {@code metav1.Condition}.
 *
 * @param type which; one of each in a status
 * @param status {@code True}, {@code False} or {@code Unknown}
 * @param reason CamelCase, stable
 * @param message for people
 * @param lastTransitionTime when {@code status} last changed, RFC 3339
 * @param observedGeneration of the object, when this was seen
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record SessionCondition(
    @JsonPropertyDescription(
            "Accepted, Queued, Placed, VolumesAttached, KernelReady, Ready, IdleWarning or"
                + " PreemptionNotice.")
        @Required
        String type,
    @Required Status status,
    @JsonPropertyDescription("CamelCase, stable.") @Required @Pattern("^[A-Za-z]([A-Za-z0-9]*)$")
        String reason,
    @JsonPropertyDescription("For people.") @Required @Size(max = 32768) String message,
    @JsonPropertyDescription("When status last changed.") @Required String lastTransitionTime,
    @Required long observedGeneration) {

  /** Whether a condition holds. */
  public enum Status {
    True,
    False,
    Unknown
  }
}
