package dev.notebay.cli.command;

import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;

/**
 * What a person may have meant: the commands or options that the fewest changed letters lead to.
 */
final class Suggestions {
  private static final int MOST_CHANGES = 3;

  private Suggestions() {}

  static List<String> of(String typed, CommandSpec command) {
    Stream<String> known =
        typed.startsWith("-")
            ? command.optionsMap().keySet().stream().filter(name -> name.startsWith("--"))
            : command.subcommands().entrySet().stream()
                .filter(entry -> !entry.getValue().getCommandSpec().usageMessage().hidden())
                .map(java.util.Map.Entry::getKey);
    List<String> names = known.toList();
    int fewest = names.stream().mapToInt(name -> changes(typed, name)).min().orElse(MOST_CHANGES);
    return fewest >= Math.min(MOST_CHANGES, typed.length())
        ? List.of()
        : names.stream().filter(name -> changes(typed, name) == fewest).toList();
  }

  /** How many letters have to be put in, left out or changed to make one word the other. */
  private static int changes(String from, String to) {
    String a = from.toLowerCase(java.util.Locale.ROOT);
    int[] row = new int[to.length() + 1];
    for (int j = 0; j <= to.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= to.length(); j++) {
        int changed = diagonal + (a.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(changed, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[to.length()];
  }
}
