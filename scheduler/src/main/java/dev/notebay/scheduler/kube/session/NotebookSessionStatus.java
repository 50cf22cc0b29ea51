package dev.notebay.scheduler.kube.session;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a session is. Written by the scheduler only; times are RFC 3339.
 *
 * <p>What changes all the time is rounded, so that a fleet of waiting and idle sessions does not
 * write without end: times to the minute, lengths as {@link DurationText#coarse} says.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record NotebookSessionStatus(
    @Nullable Long observedGeneration,
    @JsonPropertyDescription("Id of the session, for the other APIs.") @Nullable String session,
    @Nullable State state,
    @JsonPropertyDescription("Why it is stopping, has ended, or was refused: UPPER_SNAKE, stable.")
        @Nullable String reason,
    @JsonPropertyDescription("The same for people, and what to do.") @Nullable String message,
    @JsonPropertyDescription("What is asked for; from its placement on, what it has.")
        @Nullable String accelerator,
    @JsonPropertyDescription("While it waits.") @Nullable Queueing queue,
    @JsonPropertyDescription("From its placement to its end.") @Nullable Placement placement,
    @JsonPropertyDescription("While it runs.") @Nullable Activity activity,
    @JsonPropertyDescription("Base of its Jupyter Server API, while it runs.")
        @Nullable String jupyterUri,
    @JsonPropertyDescription("When its Jupyter server first answered.") @Nullable String readyTime,
    @JsonPropertyDescription("When it ended.") @Nullable String endTime,
    @Nullable List<SessionCondition> conditions) {

  /** Where a session is in its life. */
  public enum State {
    /** Nothing came of the object: condition Accepted says why. */
    REJECTED,
    QUEUED,
    STARTING,
    RUNNING,
    STOPPING,
    /** Ended as intended. */
    STOPPED,
    /** Ended by a fault. */
    FAILED;

    boolean isFinal() {
      return this == STOPPED || this == FAILED;
    }
  }

  /**
   * Why and where it waits.
   *
   * @param waitAtMost how long it still waits at the most, rounded up
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Queueing(
      @JsonPropertyDescription("1 is next.") int position,
      @JsonPropertyDescription("UPPER_SNAKE, stable, as in the gRPC API.") String reason,
      @JsonPropertyDescription("For people, with the numbers.") String message,
      @JsonPropertyDescription("Rounded up; absent where there is no bound.")
          @Nullable String waitAtMost,
      @JsonPropertyDescription("It starts by then at the latest.") @Nullable String startBy,
      @JsonPropertyDescription("An estimate, and no promise.") @Nullable String likelyStart) {}

  /** Where it is. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Placement(
      String node,
      @JsonPropertyDescription("Device ids on that node.") @Nullable List<String> devices,
      @JsonPropertyDescription("Rises each time it is placed.") int attempt,
      String placeTime) {}

  /** What will happen to it, when and why. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Activity(
      @JsonPropertyDescription("How long nothing was active, rounded down; absent while active.")
          @Nullable String idleFor,
      @JsonPropertyDescription("When it is cut if nothing changes.") @Nullable String stopsAt,
      @JsonPropertyDescription("What for: UPPER_SNAKE, stable.") @Nullable String stopReason,
      @JsonPropertyDescription("Until when an extension holds it active.")
          @Nullable String extendedUntil) {}

  Optional<SessionCondition> condition(String type) {
    return conditions == null
        ? Optional.empty()
        : conditions.stream().filter(condition -> condition.type().equals(type)).findFirst();
  }
}
