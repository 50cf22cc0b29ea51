package dev.notebay.scheduler.core.session;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Variables that a person wants in the kernels of a session. Those by which Notebay, the container
 * runtime and the drivers are told what to do are not theirs to set.
 *
 * @param variables by name, in the order of their names
 */
public record Environment(Map<String, String> variables) {
  /** The most variables of one session. */
  public static final int MAXIMUM = 64;

  /** The most that names and values may have together, in bytes of UTF-8. */
  public static final int MAXIMUM_BYTES = 32 << 10;

  /** How much may be in it, for people. */
  public static final String SIZE_EXPECTED =
      "at most " + MAXIMUM + " variables and " + MAXIMUM_BYTES + " bytes together";

  private static final int MAXIMUM_NAME = 128;
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
  private static final Set<String> RESERVED =
      Set.of("PATH", "HOME", "USER", "LOGNAME", "CUDA_VISIBLE_DEVICES", "JPY_PARENT_PID");
  private static final List<String> RESERVED_BEGINNINGS =
      List.of("NOTEBAY_", "NVIDIA_", "KUBERNETES_");

  /** Below the rules that its constructor needs. */
  public static final Environment NONE = new Environment(Map.of());

  public Environment {
    var sorted = new TreeMap<>(variables);
    sorted.forEach(
        (name, value) ->
            fault(name, value)
                .ifPresent(
                    expected -> {
                      throw new IllegalArgumentException(name + " (expected: " + expected + ")");
                    }));
    if (!fits(sorted)) {
      throw new IllegalArgumentException(
          sorted.size() + " variables (expected: " + SIZE_EXPECTED + ")");
    }
    variables = Collections.unmodifiableMap(sorted);
  }

  /** What would be right instead of this variable; empty where it is right. */
  public static Optional<String> fault(String name, String value) {
    if (name.length() > MAXIMUM_NAME || !NAME.matcher(name).matches()) {
      return Optional.of(
          "a name of letters, digits and '_', no digit first, at most " + MAXIMUM_NAME);
    }
    if (RESERVED.contains(name) || RESERVED_BEGINNINGS.stream().anyMatch(name::startsWith)) {
      return Optional.of("not " + name + ", which is set by Notebay or by the machine");
    }
    if (value.indexOf('\0') >= 0 || !StandardCharsets.UTF_8.newEncoder().canEncode(value)) {
      return Optional.of("a value of Unicode text without the character NUL");
    }
    return Optional.empty();
  }

  /** Whether so many and so long variables may be in one session. */
  public static boolean fits(Map<String, String> variables) {
    return variables.size() <= MAXIMUM && bytes(variables) <= MAXIMUM_BYTES;
  }

  private static long bytes(Map<String, String> variables) {
    return variables.entrySet().stream()
        .mapToLong(
            each ->
                each.getKey().length() + each.getValue().getBytes(StandardCharsets.UTF_8).length)
        .sum();
  }
}
