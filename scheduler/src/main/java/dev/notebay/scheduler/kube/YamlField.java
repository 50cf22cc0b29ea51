package dev.notebay.scheduler.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * A part of a YAML document and where it stands, so that whatever is wrong is named by its path.
 *
 * @param path such as {@code acceleratorClasses[2].resource}
 */
record YamlField(JsonNode node, String path) {

  /** An object with these fields and no other; none of them where it is missing. */
  YamlField object(String... names) {
    if (isThere() && !node.isObject()) {
      throw bad("fields " + String.join(", ", names));
    }
    Set<String> known = Set.of(names);
    for (String name : (Iterable<String>) node::fieldNames) {
      if (!known.contains(name)) {
        throw new BadSettings(
            get(name).path + ": unknown (expected: one of " + String.join(", ", names) + ")");
      }
    }
    return this;
  }

  YamlField get(String name) {
    JsonNode found = node.path(name);
    return new YamlField(
        found.isNull() ? MissingNode.getInstance() : found,
        path.isEmpty() ? name : path + "." + name);
  }

  boolean isThere() {
    return !node.isMissingNode();
  }

  /** Its elements; none where it is missing. */
  List<YamlField> elements() {
    if (isThere() && !node.isArray()) {
      throw bad("a list");
    }
    List<YamlField> elements = new ArrayList<>();
    for (int index = 0; index < node.size(); index++) {
      elements.add(new YamlField(node.get(index), path + "[" + index + "]"));
    }
    return elements;
  }

  /** Texts by their names; none where it is missing. */
  Map<String, String> texts() {
    if (isThere() && !node.isObject()) {
      throw bad("names with a text each");
    }
    Map<String, String> texts = new LinkedHashMap<>();
    for (String name : (Iterable<String>) node::fieldNames) {
      texts.put(name, get(name).text("a text; numbers and true or false in quotes"));
    }
    return texts;
  }

  /** A text that is not blank. */
  String text(String expected) {
    if (!node.isTextual() || node.asText().isBlank()) {
      throw bad(expected);
    }
    return node.asText();
  }

  /** A text, or {@code usual} where it is missing or empty. */
  String text(String expected, String usual) {
    return isThere() && !node.asText("-").isEmpty() ? text(expected) : usual;
  }

  /** A text of that form. */
  String text(String expected, Pattern form) {
    String text = text(expected);
    if (!form.matcher(text).matches()) {
      throw bad(expected);
    }
    return text;
  }

  /** One of an enum's values, by the word that is written for it. */
  <E extends Enum<E>> E word(Class<E> type, Function<E, String> words) {
    E[] all = type.getEnumConstants();
    String expected = "one of " + String.join(", ", Arrays.stream(all).map(words).toList());
    String text = text(expected);
    for (E each : all) {
      if (words.apply(each).equals(text)) {
        return each;
      }
    }
    throw bad(expected);
  }

  BadSettings bad(String expected) {
    String found =
        !isThere()
            ? "missing"
            : node.isValueNode() ? node.asText() : node.isArray() ? "a list" : "an object";
    return new BadSettings(
        path + ": " + (found.isBlank() ? "empty" : found) + " (expected: " + expected + ")");
  }
}
