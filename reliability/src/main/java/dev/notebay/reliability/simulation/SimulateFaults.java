package dev.notebay.reliability.simulation;

import java.time.Duration;
import java.util.Arrays;

/**
 * {@code ./notebay simulate-faults}: lives the lives of some seeds and prints what went wrong, or
 * one of them step by step.
 */
public final class SimulateFaults {
  private static final String USAGE =
      """
      usage: notebay simulate-faults [--seed N] [--seeds COUNT] [--trace]
        --seed N        the first seed (1)
        --seeds COUNT   how many, from there on (1 with --seed, otherwise 1000)
        --trace         print everything that happens; for one seed
      Exit code 1 where a seed found a violation.
      """;

  private SimulateFaults() {}

  /** Runs the command. */
  public static void main(String... arguments) {
    System.exit(run(arguments));
  }

  private static int run(String... arguments) {
    long seed = 1;
    long seeds = Arrays.asList(arguments).contains("--seed") ? 1 : 1000;
    boolean trace = false;
    try {
      for (int i = 0; i < arguments.length; i++) {
        switch (arguments[i]) {
          case "--seed" -> seed = Long.parseLong(arguments[++i]);
          case "--seeds" -> seeds = Long.parseLong(arguments[++i]);
          case "--trace" -> trace = true;
          case "--help", "-h" -> {
            System.out.print(USAGE);
            return 0;
          }
          default -> throw new IllegalArgumentException("unknown option: " + arguments[i]);
        }
      }
      if (seeds < 1 || (trace && seeds != 1)) {
        throw new IllegalArgumentException(
            "--seeds: " + seeds + (trace ? " (expected: 1 with --trace)" : " (expected: >= 1)"));
      }
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException notANumber) {
      System.err.print("an option needs a whole number\n" + USAGE);
      return 2;
    } catch (IllegalArgumentException wrong) {
      System.err.print(wrong.getMessage() + "\n" + USAGE);
      return 2;
    }
    return trace ? trace(seed) : search(seed, seeds);
  }

  private static int trace(long seed) {
    Simulation.Result result = Simulation.run(seed, System.out::println);
    System.out.printf(
        "seed %d: %d steps, hash %016x, %s%n",
        seed, result.steps(), result.hash(), result.violation().orElse("no violation"));
    return result.violation().isPresent() ? 1 : 0;
  }

  private static int search(long first, long count) {
    long began = System.nanoTime();
    var search = new Search();
    for (long seed = first; seed < first + count; seed++) {
      Simulation.Result result = Simulation.run(seed);
      search.add(result);
      result.violation().ifPresent(words -> report(result.seed(), words));
    }
    System.out.print(search.summary(Duration.ofNanos(System.nanoTime() - began)));
    return search.violations() == 0 ? 0 : 1;
  }

  private static void report(long seed, String words) {
    System.out.printf(
        "seed %d: %s%n  replay: ./notebay simulate-faults --seed %d --trace%n", seed, words, seed);
  }
}
