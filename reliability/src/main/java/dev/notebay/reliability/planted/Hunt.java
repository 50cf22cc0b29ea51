package dev.notebay.reliability.planted;

import java.util.Optional;
import java.util.function.LongFunction;

/**
 * Looks for planted bugs: one seed after the other until something is violated.
 *
 * <p>The entry class is a public {@code LongFunction<Optional<String>>} with a constructor of
 * nothing. It runs one seed and answers what was violated.
 */
public final class Hunt {
  private final PatchCompiler compiler;
  private final String entry;
  private final long seeds;

  /**
   * @param entry the name of the entry class
   * @param seeds how many to try, from 1 on
   */
  public Hunt(PatchCompiler compiler, String entry, long seeds) {
    this.compiler = compiler;
    this.entry = entry;
    this.seeds = seeds;
  }

  /** What became of a planted bug. */
  public sealed interface Outcome {
    /**
     * @param seed the first at which it was seen, and how many were tried
     * @param violation what was seen
     */
    record Caught(long seed, String violation) implements Outcome {}

    /**
     * @param seeds how many were tried
     */
    record Survived(long seeds) implements Outcome {}
  }

  /** Hunts one bug. May be called by several threads at a time for several bugs. */
  public Outcome run(PlantedBug bug) {
    LongFunction<Optional<String>> trial = new PatchedWorld(compiler.compile(bug)).trial(entry);
    for (long seed = 1; seed <= seeds; seed++) {
      Optional<String> violation = violation(trial, seed);
      if (violation.isPresent()) {
        return new Outcome.Caught(seed, violation.get());
      }
    }
    return new Outcome.Survived(seeds);
  }

  /** A failure of the code on trial is a find; one of the class loading is not. */
  private static Optional<String> violation(LongFunction<Optional<String>> trial, long seed) {
    try {
      return trial.apply(seed);
    } catch (RuntimeException | AssertionError failure) {
      return Optional.of(failure.toString());
    }
  }
}
