package dev.notebay.reliability.planted;

import java.util.Arrays;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A change of one place in one source file.
 *
 * @param type the fully qualified name of the top-level class in the file
 * @param before the text there; how its words are spaced and broken into lines does not matter
 * @param after what stands there instead
 */
public record Patch(String type, String before, String after) {
  public Patch {
    if (before.isBlank()) {
      throw new IllegalArgumentException("before: blank (expected: a text of " + type + ")");
    }
  }

  /**
   * The source with the change made.
   *
   * @throws IllegalStateException unless the place is there, and only once
   */
  String applied(String source) {
    String anySpacing =
        Arrays.stream(before.strip().split("\\s+"))
            .map(Pattern::quote)
            .collect(Collectors.joining("\\s+"));
    Matcher matcher = Pattern.compile(anySpacing).matcher(source);
    long places = matcher.results().map(MatchResult::start).count();
    if (places != 1) {
      throw new IllegalStateException(
          type + " has the text to be changed " + places + " times (expected: once):\n" + before);
    }
    return matcher.reset().replaceFirst(Matcher.quoteReplacement(after));
  }
}
