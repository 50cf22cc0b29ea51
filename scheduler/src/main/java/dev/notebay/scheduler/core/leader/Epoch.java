package dev.notebay.scheduler.core.leader;

/**
 * One reign of one replica; every write of a leader carries it, so that the store can refuse those
 * of a leader that was deposed without noticing.
 *
 * @param number at least 1, greater for every later reign
 */
public record Epoch(long number) implements Comparable<Epoch> {
  public Epoch {
    if (number < 1) {
      throw new IllegalArgumentException("number: " + number + " (expected: >= 1)");
    }
  }

  @Override
  public int compareTo(Epoch other) {
    return Long.compare(number, other.number);
  }
}
