package dev.notebay.simulator.queue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.notebay.simulator.openb.BadInput;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A part of a YAML document and where it stands, so that whatever is wrong is named by its path.
 *
 * @param path such as {@code queues[2].arrivals[0]}
 */
record YamlField(JsonNode node, String path) {
  private static final Pattern DURATION = Pattern.compile("([0-9]+)(ms|s|m|h|d)");

  /** The field of that name; missing where there is none. */
  YamlField get(String name) {
    return new YamlField(node.path(name), path.isEmpty() ? name : path + "." + name);
  }

  boolean isThere() {
    return !node.isMissingNode() && !node.isNull();
  }

  /** Its elements; none where it is missing. */
  List<YamlField> elements() {
    List<YamlField> elements = new ArrayList<>();
    if (isThere() && !node.isArray()) {
      throw bad("a list");
    }
    for (int index = 0; index < node.size(); index++) {
      elements.add(new YamlField(node.get(index), path + "[" + index + "]"));
    }
    return elements;
  }

  /** Refuses every field but these. */
  YamlField only(String... names) {
    Set<String> known = Set.of(names);
    for (String name : (Iterable<String>) node::fieldNames) {
      if (!known.contains(name)) {
        throw new BadInput(
            get(name).path() + ": unknown (expected: one of " + String.join(", ", names) + ")");
      }
    }
    return this;
  }

  String text() {
    if (!node.isValueNode() || !isThere()) {
      throw bad("a text");
    }
    return node.asText();
  }

  Optional<String> maybeText() {
    return isThere() ? Optional.of(text()) : Optional.empty();
  }

  int number(int least, int most) {
    if (!node.isInt() || node.intValue() < least || node.intValue() > most) {
      throw bad(least + " to " + most);
    }
    return node.intValue();
  }

  int number(int least, int most, int otherwise) {
    return isThere() ? number(least, most) : otherwise;
  }

  double decimal(double otherwise) {
    if (isThere() && !node.isNumber()) {
      throw bad("a number");
    }
    return isThere() ? node.doubleValue() : otherwise;
  }

  /** Devices, such as 8 or 0.5, in thousandths. */
  long milli() {
    if (!node.isNumber()) {
      throw bad("a number of devices such as 8 or 0.5");
    }
    try {
      return new BigDecimal(node.asText()).movePointRight(3).longValueExact();
    } catch (ArithmeticException e) {
      throw bad("at most three digits after the point");
    }
  }

  <E extends Enum<E>> E word(Class<E> words, E otherwise) {
    if (!isThere()) {
      return otherwise;
    }
    for (E word : words.getEnumConstants()) {
      // Kueue writes LowerPriority for LOWER_PRIORITY.
      if (word.name().replace("_", "").equalsIgnoreCase(text().replace("_", ""))) {
        return word;
      }
    }
    throw bad("one of " + List.of(words.getEnumConstants()));
  }

  Duration duration() {
    Matcher matcher = DURATION.matcher(isThere() && node.isValueNode() ? node.asText() : "");
    if (!matcher.matches()) {
      throw bad("a duration such as 90s, 15m, 8h or 2d");
    }
    long amount = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "ms" -> Duration.ofMillis(amount);
      case "s" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMinutes(amount);
      case "h" -> Duration.ofHours(amount);
      default -> Duration.ofDays(amount);
    };
  }

  Duration duration(Duration otherwise) {
    return isThere() ? duration() : otherwise;
  }

  BadInput bad(String expected) {
    String found =
        !isThere() ? "missing" : node.isValueNode() ? node.asText() : "a " + node.getNodeType();
    return new BadInput(path + ": " + found + " (expected: " + expected + ")");
  }
}
