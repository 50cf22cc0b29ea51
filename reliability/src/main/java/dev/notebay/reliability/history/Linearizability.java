package dev.notebay.reliability.history;

import java.util.List;

/**
 * Decides whether a history is linearizable: whether every operation can be thought to have
 * happened at one instant between its begin and its answer, so that the answers are those of a
 * {@link Specification} (Herlihy and Wing, "Linearizability: a correctness condition for concurrent
 * objects", 1990).
 */
public final class Linearizability {
  private Linearizability() {}

  /**
   * Checks each part of {@code history} by itself.
   *
   * @param budget how many steps of the specification may be tried for each part
   * @return the first violation, if any; else whether all parts were decided
   */
  public static <S, I, O> Verdict<I, O> check(
      Specification<S, I, O> specification, List<Operation<I, O>> history, long budget) {
    Verdict<I, O> verdict = new Verdict.Linearizable<>();
    for (List<Operation<I, O>> part : specification.parts(history)) {
      switch (new Search<>(specification, part, budget).run()) {
        case Verdict.Linearizable<I, O> _ -> {}
        case Verdict.Undecided<I, O> undecided -> verdict = undecided;
        case Verdict.Violation<I, O> violation -> {
          return violation;
        }
      }
    }
    return verdict;
  }
}
