package dev.notebay.reliability.history;

import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * What an object may answer when operations come one after the other. It may be nondeterministic:
 * the object may also have moved by itself since the operation before.
 *
 * @param <S> states, immutable, with equals and hashCode
 */
public interface Specification<S, I, O> {
  S initial();

  /**
   * The states in which the object may be after this operation.
   *
   * @param output empty where the answer is not known but the operation does take effect
   * @return none when the operation cannot be answered so in {@code state}
   */
  Collection<S> step(S state, I input, Optional<O> output);

  /**
   * Splits a history into parts that do not touch each other; each is linearizable exactly if the
   * whole is (P-compositionality: Horn and Kroening, "Faster linearizability checking via
   * P-compositionality", 2015).
   */
  default Collection<List<Operation<I, O>>> parts(List<Operation<I, O>> history) {
    return List.of(history);
  }

  /**
   * Whether an operation without an answer, once it has taken effect, only ever allows more of what
   * comes after it, and can take effect in every state. It then need not be tried to leave it out,
   * which spares the checker twice the work for each of them.
   */
  default boolean unknownOnlyWidens() {
    return false;
  }
}
