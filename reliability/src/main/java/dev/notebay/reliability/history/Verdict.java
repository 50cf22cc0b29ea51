package dev.notebay.reliability.history;

import java.util.List;
import java.util.stream.Collectors;

/** What a {@link Linearizability} check came to. */
public sealed interface Verdict<I, O> {
  /** There is an order that explains every answer. */
  record Linearizable<I, O>() implements Verdict<I, O> {}

  /**
   * No order explains every answer.
   *
   * @param prefix the longest order that was found, earliest first
   * @param state the object's state after it
   * @param unplaceable the operations of which one would have to come next, and none can
   */
  record Violation<I, O>(
      List<Operation<I, O>> prefix, String state, List<Operation<I, O>> unplaceable)
      implements Verdict<I, O> {
    /** As text of several lines, for people. */
    public String describe() {
      return "not linearizable\nexplained, in this order:\n%sstate then: %s\nnone can be next of:\n%s"
          .formatted(lines(prefix), state, lines(unplaceable));
    }

    private static <I, O> String lines(List<Operation<I, O>> operations) {
      return operations.stream()
          .map(operation -> "  " + operation + "\n")
          .collect(Collectors.joining());
    }
  }

  /**
   * Neither was found within the budget.
   *
   * @param steps of the specification that were tried
   */
  record Undecided<I, O>(long steps) implements Verdict<I, O> {}
}
