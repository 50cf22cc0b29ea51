package dev.notebay.scheduler.core.queue;

/**
 * The priorities that sessions of a queue may ask for.
 *
 * @param lowest at most {@code highest}
 */
public record PriorityRange(int lowest, int highest) {
  /** What a queue has where none is stated. */
  public static final PriorityRange USUAL = new PriorityRange(-1000, 1000);

  public boolean has(int priority) {
    return lowest <= priority && priority <= highest;
  }
}
