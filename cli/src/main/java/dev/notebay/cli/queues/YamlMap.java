package dev.notebay.cli.queues;

import dev.notebay.cli.terminal.CliFailure;
import dev.notebay.cli.terminal.Quantities;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/** A mapping of a YAML file that is read strictly: what is wrong is told with its line. */
final class YamlMap {
  private static final Pattern NO_TIME = Pattern.compile("0+[smhd]?");
  private static final int MILLI_DIGITS = 3;

  private final YamlPlaces places;
  private final String path;
  private final Map<String, Node> values = new LinkedHashMap<>();

  /**
   * @param path of the mapping in its file, such as {@code queues[0]}; empty for the whole file
   * @param keys all that it may have
   */
  YamlMap(YamlPlaces places, String path, Node node, List<String> keys) {
    this.places = places;
    this.path = path;
    places.note(path, node);
    if (!(node instanceof MappingNode mapping)) {
      throw places.failure(
          node, (path.isEmpty() ? "the file" : path) + ": not a mapping (expected: " + keys + ")");
    }
    for (NodeTuple tuple : mapping.getValue()) {
      String key = tuple.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "?";
      if (!keys.contains(key)) {
        throw places.failure(
            tuple.getKeyNode(),
            pathOf(key) + ": unknown (expected: " + String.join(", ", keys) + ")");
      }
      if (values.put(key, tuple.getValueNode()) != null) {
        throw places.failure(tuple.getKeyNode(), pathOf(key) + ": stated twice");
      }
      places.note(pathOf(key), tuple.getKeyNode());
    }
  }

  private String pathOf(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  private CliFailure wrong(String key, String value, String expected) {
    return places.failure(
        values.get(key), pathOf(key) + ": " + value + " (expected: " + expected + ")");
  }

  Optional<String> text(String key) {
    Node node = values.get(key);
    if (node == null || node.getTag().equals(Tag.NULL)) {
      return Optional.empty();
    }
    if (!(node instanceof ScalarNode scalar)) {
      throw wrong(key, "a " + node.getNodeId(), "one value");
    }
    return Optional.of(scalar.getValue());
  }

  String required(String key) {
    return text(key)
        .filter(text -> !text.isBlank())
        .orElseThrow(
            () ->
                places.failure(
                    path, path + "." + key + ": missing (expected: it is always stated)"));
  }

  Optional<BigDecimal> number(String key) {
    return text(key)
        .map(
            text -> {
              try {
                return new BigDecimal(text);
              } catch (NumberFormatException notANumber) {
                throw wrong(key, text, "a number");
              }
            });
  }

  Optional<Long> whole(String key) {
    return number(key)
        .map(
            number -> {
              try {
                return number.longValueExact();
              } catch (ArithmeticException fraction) {
                throw wrong(key, number.toPlainString(), "a whole number");
              }
            });
  }

  Optional<Integer> small(String key) {
    return whole(key)
        .map(
            number -> {
              if (number != number.intValue()) {
                throw wrong(key, number.toString(), "-2147483648 to 2147483647");
              }
              return number.intValue();
            });
  }

  /** Devices such as {@code 2} or {@code 0.5}, in thousandths. */
  Optional<Long> milli(String key) {
    return number(key)
        .map(
            devices -> {
              try {
                return devices.movePointRight(MILLI_DIGITS).longValueExact();
              } catch (ArithmeticException tooFine) {
                throw wrong(key, devices.toPlainString(), "devices, in thousandths at the finest");
              }
            });
  }

  Optional<Duration> duration(String key) {
    return text(key)
        .map(
            text -> {
              try {
                return NO_TIME.matcher(text).matches()
                    ? Duration.ZERO
                    : Quantities.duration(pathOf(key), text);
              } catch (CliFailure malformed) {
                throw wrong(key, text, "a duration such as 45s, 90m or 7d");
              }
            });
  }

  /** One of {@code words}. */
  Optional<String> word(String key, List<String> words) {
    Optional<String> word = text(key);
    if (word.isPresent() && !words.contains(word.get())) {
      throw wrong(key, word.get(), String.join(", ", words));
    }
    return word;
  }

  Optional<YamlMap> map(String key, List<String> keys) {
    Node node = values.get(key);
    return node == null
        ? Optional.empty()
        : Optional.of(new YamlMap(places, pathOf(key), node, keys));
  }

  /** The mappings in a sequence; none where it is not stated. */
  List<YamlMap> list(String key, List<String> keys) {
    Node node = values.get(key);
    if (node == null) {
      return List.of();
    }
    if (!(node instanceof SequenceNode sequence)) {
      throw wrong(key, "a " + node.getNodeId(), "a list");
    }
    List<YamlMap> maps = new ArrayList<>();
    for (Node each : sequence.getValue()) {
      maps.add(new YamlMap(places, pathOf(key) + "[" + maps.size() + "]", each, keys));
    }
    return maps;
  }

  boolean has(String key) {
    return values.containsKey(key);
  }
}
