package dev.notebay.scheduler.kube.session;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.notebay.scheduler.core.request.SessionLimits;
import dev.notebay.scheduler.core.session.Accelerator;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is asked for, as {@code CreateSession} of the gRPC API would ask for it, with the same
 * limits. What is absent is the installation's default.
 *
 * <p>It cannot be changed: a session is one claim, from request to end.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
    value = "self == oldSelf",
    message = "a session's spec cannot be changed: delete it and apply another")
@ValidationRule(
    value =
        "!has(self.warning) || !has(self.idleTimeout)"
            + " || duration(self.warning) < duration(self.idleTimeout)",
    message = "warning: expected less than idleTimeout")
public record NotebookSessionSpec(
    @JsonPropertyDescription("Whose session it is: the subject of their token.")
        @Required
        @Size(min = 1, max = 255)
        @Pattern(".*\\S.*")
        @Nullable String owner,
    @JsonPropertyDescription("Free text for people, at most 100 characters.")
        @Size(max = SessionLimits.MAXIMUM_DISPLAY_NAME)
        @Pattern("^[^\\x00-\\x1F\\x7F-\\x9F]*$")
        @Nullable String displayName,
    @JsonPropertyDescription("What to compute on. Default: no accelerator.")
        @Nullable AcceleratorWish accelerator,
    @JsonPropertyDescription("CPUs for all kernels together, such as 2 or 500m. Default: 1.")
        @ValidationRule(
            value =
                "isQuantity(string(self)) && quantity(string(self)).compareTo(quantity('1m')) >= 0"
                    + " && quantity(string(self)).compareTo(quantity('1000')) <= 0",
            message = "expected: 1m to 1000")
        @Nullable Quantity cpu,
    @JsonPropertyDescription("Memory for all kernels together, such as 8Gi. Default: 2Gi.")
        @ValidationRule(
            value =
                "isQuantity(string(self)) && quantity(string(self)).compareTo(quantity('128Mi')) >= 0"
                    + " && quantity(string(self)).compareTo(quantity('16Ti')) <= 0",
            message = "expected: 128Mi to 16Ti")
        @Nullable Quantity memory,
    @JsonPropertyDescription("Id of the owner's volume to mount, such as drive. Default: none.")
        @Pattern("^" + SessionLimits.VOLUME + "$")
        @Nullable String volume,
    @JsonPropertyDescription("Queue in which it waits and whose quota it uses. Default: default.")
        @Size(max = 63)
        @Pattern("^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$")
        @Nullable String queue,
    @JsonPropertyDescription(
            "Of two sessions of one queue the one with the higher priority goes first. Default: 0.")
        @Nullable Integer priority,
    @JsonPropertyDescription(
            "Image with Python and ipykernel, one of those that the installation allows."
                + " Default: the installation's.")
        @Size(min = 1, max = 255)
        @Nullable String image,
    @JsonPropertyDescription(
            "Variables of its kernels: at most 64, and 32 KiB together; none that Notebay or the"
                + " machine sets. No place for secrets.")
        @Size(max = 64)
        @ValidationRule(
            value =
                "self.all(name, name.matches('^[A-Za-z_][A-Za-z0-9_]{0,127}$') && !(name in"
                    + " ['PATH', 'HOME', 'USER', 'LOGNAME', 'CUDA_VISIBLE_DEVICES',"
                    + " 'JPY_PARENT_PID']) && !name.matches('^(NOTEBAY|NVIDIA|KUBERNETES)_'))",
            message =
                "expected: names of letters, digits and '_', and none that Notebay or the machine"
                    + " sets")
        @Nullable Map<String, @Size(max = 32768) String> environment,
    @JsonPropertyDescription(
            "How long nothing may be active before it is cut, such as 90m; 1s to 24h.")
        @Size(max = 32)
        @Pattern(DurationText.PATTERN)
        @ValidationRule(
            value = "duration(self) >= duration('1s') && duration(self) <= duration('24h')",
            message = "expected: 1s to 24h")
        @Nullable String idleTimeout,
    @JsonPropertyDescription("How long it may run at all, from its start; 1s to 168h.")
        @Size(max = 32)
        @Pattern(DurationText.PATTERN)
        @ValidationRule(
            value = "duration(self) >= duration('1s') && duration(self) <= duration('168h')",
            message = "expected: 1s to 168h")
        @Nullable String maxLifetime,
    @JsonPropertyDescription("How long before a cut its clients are warned; less than idleTimeout.")
        @Size(max = 32)
        @Pattern(DurationText.PATTERN)
        @ValidationRule(
            value = "duration(self) >= duration('1s') && duration(self) < duration('24h')",
            message = "expected: 1s to less than idleTimeout")
        @Nullable String warning) {

  /** An accelerator that is asked for; all its devices are on one node. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  @ValidationRule(
      value = "self.types.all(x, self.types.exists_one(y, y == x))",
      message = "types: expected each class once")
  @ValidationRule(
      value =
          "!('none' in self.types) || (self.types.size() == 1 && !has(self.memory)"
              + " && (!has(self.count) || self.count == 0))",
      message = "types: none stands alone, with neither count nor memory")
  @ValidationRule(
      value = "'none' in self.types || !has(self.count) || self.count >= 1",
      message = "count: expected 1 to 64")
  public record AcceleratorWish(
      @JsonPropertyDescription(
              "Acceptable classes, the preferred first: [nvidia-a100-80gb, nvidia-l4] is \"A100,"
                  + " else L4\".")
          @Required
          @Size(min = 1, max = Accelerator.MAXIMUM_TYPES)
          @Nullable List<@Size(max = 63) @Pattern("^[a-z][a-z0-9]*([.-][a-z0-9]+)*$") String> types,
      @JsonPropertyDescription("How many. Default: 1.") @Min(0) @Max(Accelerator.MAXIMUM_COUNT)
          @Nullable Integer count,
      @JsonPropertyDescription(
              "Thousandths of each device. 1000, a whole one: on a cluster no device is shared.")
          @Min(Accelerator.WHOLE)
          @Max(Accelerator.WHOLE)
          @Nullable Integer milli,
      @JsonPropertyDescription("GPU memory that each device must have at least, such as 40Gi.")
          @ValidationRule(
              value =
                  "isQuantity(string(self)) && quantity(string(self)).compareTo(quantity('0')) >= 0"
                      + " && quantity(string(self)).compareTo(quantity('16Ti')) <= 0",
              message = "expected: 0 to 16Ti")
          @Nullable Quantity memory) {}
}
