package dev.notebay.cli.queues;

import dev.notebay.cli.terminal.CliFailure;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.Node;

/** Where in a file what was read stands. */
final class YamlPlaces {
  private static final Pattern LEADING_PATH = Pattern.compile("([a-zA-Z]+\\[[^ :]*): .*");
  private static final Pattern LAST_STEP = Pattern.compile("(.*)[.\\[].*");

  private final String file;
  private final Map<String, Integer> lines = new HashMap<>();

  YamlPlaces(String file) {
    this.file = file;
  }

  void note(String path, Node node) {
    lines.putIfAbsent(path, lineOf(node));
  }

  private static int lineOf(Node node) {
    return node.getStartMark().getLine() + 1;
  }

  CliFailure failure(@Nullable Node node, String message) {
    return failure(node == null ? 1 : lineOf(node), message);
  }

  /** For something at {@code path} that is not there. */
  CliFailure failure(String path, String message) {
    return failure(lines.getOrDefault(path, 1), message);
  }

  CliFailure failure(int line, String message) {
    return CliFailure.usage(file + ":" + line + ": " + message, "");
  }

  /**
   * Puts file and line before a message of the scheduler that begins with the path of a field; one
   * that does not stays as it is.
   */
  CliFailure placed(CliFailure refused) {
    Matcher leading = LEADING_PATH.matcher(refused.text());
    if (!leading.matches()) {
      return refused;
    }
    String path = leading.group(1);
    while (!lines.containsKey(path)) {
      Matcher last = LAST_STEP.matcher(path);
      if (!last.matches()) {
        return refused;
      }
      path = last.group(1);
    }
    return failure(path, refused.text());
  }
}
