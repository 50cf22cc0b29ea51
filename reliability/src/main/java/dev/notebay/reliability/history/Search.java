package dev.notebay.reliability.history;

import dev.notebay.reliability.history.Timeline.Event;
import dev.notebay.reliability.history.Verdict.Linearizable;
import dev.notebay.reliability.history.Verdict.Undecided;
import dev.notebay.reliability.history.Verdict.Violation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Looks for an order of one history that its specification allows.
 *
 * <ol>
 *   <li>Take the first operation that began before the first answer of those not placed yet, and
 *       place it next if the specification allows it.
 *   <li>Where it does not, or the same operations were placed with the same state as their outcome
 *       before, take the one that began after it.
 *   <li>At an answer whose operation is not placed, undo the last placement and go on behind it.
 *   <li>It is done when every operation with an answer is placed. Those without one may be left
 *       out.
 * </ol>
 *
 * <p>This is the algorithm of Wing and Gong ("Testing and verifying concurrent objects", 1993) with
 * the memory of visited configurations by Lowe ("Testing for linearizability", 2017), in the form
 * that github.com/anishathalye/porcupine gave it. New here: a step may have several outcomes, and
 * operations without an answer have no end in the list.
 */
final class Search<S, I, O> {
  private final Specification<S, I, O> specification;
  private final long budget;
  private final Timeline<I, O> timeline;
  private final Deque<Placement<S, I, O>> placements = new ArrayDeque<>();
  private final BitSet placed = new BitSet();
  private final Set<Configuration<S>> visited = new HashSet<>();
  private S state;
  private long answersLeft;
  private long steps;
  private int longest = -1;
  private Violation<I, O> violation = new Violation<>(List.of(), "", List.of());

  /**
   * @param before the state in which it was placed
   * @param others outcomes of the step that have not been tried
   */
  private record Placement<S, I, O>(
      Event<I, O> event, Operation<I, O> operation, S before, Iterator<S> others) {}

  private record Configuration<S>(BitSet placed, S state) {}

  Search(Specification<S, I, O> specification, List<Operation<I, O>> history, long budget) {
    this.specification = specification;
    this.budget = budget;
    this.timeline = new Timeline<>(history);
    this.state = specification.initial();
    this.answersLeft = history.stream().filter(each -> each.output().isPresent()).count();
  }

  Verdict<I, O> run() {
    Event<I, O> event = timeline.first();
    while (answersLeft > 0) {
      if (event == null) {
        return violation;
      }
      Operation<I, O> operation = event.operation;
      if (operation == null) {
        noteLongest();
        event = undo();
      } else {
        steps++;
        if (steps > budget) {
          return new Undecided<>(budget);
        }
        Iterator<S> outcomes =
            specification.step(state, operation.input(), operation.output()).iterator();
        if (place(event, operation, outcomes)) {
          event = timeline.first();
        } else {
          event = isLeftOut(operation) ? event.next() : undo();
        }
      }
    }
    return new Linearizable<>();
  }

  /** Places it with the first outcome that leads where the search has not been. */
  private boolean place(Event<I, O> event, Operation<I, O> operation, Iterator<S> outcomes) {
    placed.set(event.index);
    while (outcomes.hasNext()) {
      S next = outcomes.next();
      if (visited.add(new Configuration<>((BitSet) placed.clone(), next))) {
        placements.push(new Placement<>(event, operation, state, outcomes));
        timeline.takeOut(event);
        state = next;
        answersLeft -= operation.output().isPresent() ? 1 : 0;
        return true;
      }
    }
    placed.clear(event.index);
    return false;
  }

  /** Goes back to the last choice; null when there is none left. */
  private @Nullable Event<I, O> undo() {
    while (!placements.isEmpty()) {
      Placement<S, I, O> last = placements.pop();
      timeline.putBack(last.event());
      placed.clear(last.event().index);
      state = last.before();
      answersLeft += last.operation().output().isPresent() ? 1 : 0;
      if (place(last.event(), last.operation(), last.others())) {
        return timeline.first();
      }
      if (isLeftOut(last.operation())) {
        return last.event().next();
      }
    }
    return null;
  }

  /** Whether to go on without it where it cannot be placed. */
  private boolean isLeftOut(Operation<I, O> operation) {
    return operation.output().isPresent() || !specification.unknownOnlyWidens();
  }

  private void noteLongest() {
    if (placements.size() > longest) {
      longest = placements.size();
      List<Operation<I, O>> prefix = new ArrayList<>();
      placements.descendingIterator().forEachRemaining(each -> prefix.add(each.operation()));
      violation = new Violation<>(List.copyOf(prefix), state.toString(), timeline.candidates());
    }
  }
}
