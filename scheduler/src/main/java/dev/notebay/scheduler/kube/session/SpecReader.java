package dev.notebay.scheduler.kube.session;

import dev.notebay.scheduler.core.SchedulerException.InvalidField;
import dev.notebay.scheduler.core.request.Allowance;
import dev.notebay.scheduler.core.request.SessionLimits;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Compute;
import dev.notebay.scheduler.core.session.Environment;
import dev.notebay.scheduler.core.session.Image;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.Policy;
import dev.notebay.scheduler.core.session.SessionSpec;
import dev.notebay.scheduler.kube.session.NotebookSessionSpec.AcceleratorWish;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads what an object asks for. The definition's schema has refused most of what is wrong before;
 * this does not rely on it, since an older one may be installed.
 */
final class SpecReader {
  private static final Pattern VOLUME = Pattern.compile(SessionLimits.VOLUME);
  private static final BigDecimal MILLI = BigDecimal.valueOf(1000);
  private static final String NONE = Accelerator.NONE.type();

  private final Allowance allowance;

  SpecReader(Allowance allowance) {
    this.allowance = allowance;
  }

  /** A request for a session. */
  record Wanted(Owner owner, SessionSpec spec) {}

  /**
   * What {@code spec} asks for, with the defaults of the installation.
   *
   * @throws InvalidField naming the field that is wrong, and what would be right
   */
  Wanted read(@Nullable NotebookSessionSpec spec) {
    if (spec == null) {
      throw new InvalidField("spec", "", "what is asked for, with an owner");
    }
    return new Wanted(
        owner(spec.owner()),
        new SessionSpec(
            displayName(spec.displayName()),
            accelerator(spec.accelerator()),
            compute(spec),
            volume(spec.volume()),
            policy(spec),
            queue(spec.queue()),
            spec.priority() == null ? 0 : spec.priority(),
            image(spec.image()),
            environment(spec.environment())));
  }

  private static Optional<Image> image(@Nullable String reference) {
    if (reference == null) {
      return Optional.empty();
    }
    if (!Image.isReference(reference)) {
      throw new InvalidField("spec.image", reference, Image.EXPECTED);
    }
    return Optional.of(new Image(reference));
  }

  private static Environment environment(@Nullable Map<String, String> variables) {
    if (variables == null) {
      return Environment.NONE;
    }
    variables.forEach(
        (name, value) ->
            Environment.fault(name, value)
                .ifPresent(
                    expected -> {
                      throw new InvalidField("spec.environment", name, expected);
                    }));
    if (!Environment.fits(variables)) {
      throw new InvalidField(
          "spec.environment", variables.size() + " variables", Environment.SIZE_EXPECTED);
    }
    return new Environment(variables);
  }

  private static Owner owner(@Nullable String subject) {
    if (subject == null || subject.isBlank() || subject.length() > Owner.MAXIMUM_LENGTH) {
      throw new InvalidField(
          "spec.owner",
          subject == null ? "" : subject,
          "1 to " + Owner.MAXIMUM_LENGTH + " characters, not blank");
    }
    return new Owner(subject);
  }

  private static String displayName(@Nullable String text) {
    if (text == null) {
      return "";
    }
    if (text.codePointCount(0, text.length()) > SessionLimits.MAXIMUM_DISPLAY_NAME
        || text.codePoints().anyMatch(Character::isISOControl)) {
      throw new InvalidField(
          "spec.displayName",
          text.codePoints()
              .map(point -> Character.isISOControl(point) ? '?' : point)
              .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
              .toString(),
          "at most "
              + SessionLimits.MAXIMUM_DISPLAY_NAME
              + " characters, none of them a control character");
    }
    return text;
  }

  private static Accelerator accelerator(@Nullable AcceleratorWish wish) {
    if (wish == null) {
      return Accelerator.NONE;
    }
    List<String> types = types(wish.types());
    long memory = bytes("spec.accelerator.memory", wish.memory(), 0, 0);
    if (types.getFirst().equals(NONE)) {
      if ((wish.count() != null && wish.count() != 0) || memory != 0) {
        throw new InvalidField(
            "spec.accelerator",
            "count " + wish.count() + ", memory " + memory,
            "neither count nor memory for type none");
      }
      return Accelerator.NONE;
    }
    int count = wish.count() == null ? 1 : wish.count();
    if (count < 1 || count > Accelerator.MAXIMUM_COUNT) {
      throw new InvalidField(
          "spec.accelerator.count", Integer.toString(count), "1 to " + Accelerator.MAXIMUM_COUNT);
    }
    if (wish.milli() != null && wish.milli() != Accelerator.WHOLE) {
      throw new InvalidField(
          "spec.accelerator.milli",
          Integer.toString(wish.milli()),
          "1000: on a cluster no device is shared, as containers are given whole ones; a MIG profile"
              + " is a class of its own");
    }
    return new Accelerator(types, count, Accelerator.WHOLE, memory);
  }

  private static List<String> types(@Nullable List<String> types) {
    if (types == null
        || types.isEmpty()
        || types.size() > Accelerator.MAXIMUM_TYPES
        || !types.stream().allMatch(Accelerator::isType)
        || new HashSet<>(types).size() < types.size()
        || (types.size() > 1 && types.contains(NONE))) {
      throw new InvalidField(
          "spec.accelerator.types",
          types == null ? "" : String.join(", ", types),
          "1 to "
              + Accelerator.MAXIMUM_TYPES
              + " accelerator classes such as nvidia-t4, each once, or none alone");
    }
    return types;
  }

  private Compute compute(NotebookSessionSpec spec) {
    Compute usual = allowance.compute();
    long cpu = scaled("spec.cpu", spec.cpu(), MILLI, "1m to 1000").orElse(usual.cpuMilli());
    if (cpu < 1 || cpu > SessionLimits.MAXIMUM_CPU_MILLI) {
      throw new InvalidField("spec.cpu", String.valueOf(spec.cpu()), "1m to 1000");
    }
    return new Compute(
        cpu,
        bytes("spec.memory", spec.memory(), SessionLimits.MINIMUM_MEMORY, usual.memoryBytes()));
  }

  private static long bytes(String field, @Nullable Quantity quantity, long least, long usual) {
    String expected = (least == 0 ? "0" : "128Mi") + " to 16Ti, in whole bytes";
    long bytes = scaled(field, quantity, BigDecimal.ONE, expected).orElse(usual);
    if (bytes < least || bytes > SessionLimits.MAXIMUM_MEMORY) {
      throw new InvalidField(field, String.valueOf(quantity), expected);
    }
    return bytes;
  }

  /** How often {@code one / scale} is in the quantity. */
  private static Optional<Long> scaled(
      String field, @Nullable Quantity quantity, BigDecimal scale, String expected) {
    if (quantity == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(quantity.getNumericalAmount().multiply(scale).longValueExact());
    } catch (IllegalArgumentException | ArithmeticException wrong) {
      throw new InvalidField(field, quantity.toString(), expected);
    }
  }

  private static Optional<String> volume(@Nullable String id) {
    if (id == null || id.isEmpty()) {
      return Optional.empty();
    }
    if (!VOLUME.matcher(id).matches()) {
      throw new InvalidField("spec.volume", id, SessionLimits.VOLUME_EXPECTED);
    }
    return Optional.of(id);
  }

  private static String queue(@Nullable String name) {
    if (name == null || name.isEmpty()) {
      return SessionSpec.DEFAULT_QUEUE;
    }
    if (!SessionSpec.isQueueName(name)) {
      throw new InvalidField("spec.queue", name, SessionSpec.QUEUE_NAME_EXPECTED);
    }
    return name;
  }

  private Policy policy(NotebookSessionSpec spec) {
    Policy usual = allowance.policy();
    Duration idle =
        duration("spec.idleTimeout", spec.idleTimeout(), allowance.longestIdleTimeout())
            .orElse(usual.idleTimeout());
    Duration lifetime =
        duration("spec.maxLifetime", spec.maxLifetime(), allowance.longestLifetime())
            .orElse(usual.maximumLifetime());
    Duration half = idle.dividedBy(2);
    Duration warning =
        duration("spec.warning", spec.warning(), idle)
            .orElse(usual.warning().compareTo(half) < 0 ? usual.warning() : half);
    if (warning.compareTo(idle) >= 0) {
      throw new InvalidField(
          "spec.warning", DurationText.of(warning), "less than idleTimeout, " + idle);
    }
    return new Policy(idle, lifetime, warning);
  }

  private static Optional<Duration> duration(
      String field, @Nullable String text, Duration longest) {
    if (text == null || text.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        DurationText.parse(text)
            .filter(found -> found.compareTo(SessionLimits.SHORTEST) >= 0)
            .filter(found -> found.compareTo(longest) <= 0)
            .orElseThrow(
                () ->
                    new InvalidField(
                        field, text, "1s to " + DurationText.of(longest) + ", such as 90m")));
  }
}
