package dev.notebay.reliability.history;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Begins and answers of operations in the order of time, in a list from which operations can be
 * taken out and put back in the reverse order. Of one instant, begins come first: such operations
 * overlap.
 */
final class Timeline<I, O> {
  /** Stands before the first event. */
  private final Event<I, O> head = new Event<>(-1, null, null);

  Timeline(List<Operation<I, O>> operations) {
    record At<I, O>(long time, boolean answer, Event<I, O> event) {}
    List<At<I, O>> events = new ArrayList<>();
    for (int index = 0; index < operations.size(); index++) {
      Operation<I, O> operation = operations.get(index);
      Event<I, O> answer =
          operation.output().isPresent() ? new Event<I, O>(index, null, null) : null;
      events.add(new At<>(operation.invoked(), false, new Event<>(index, operation, answer)));
      if (answer != null) {
        events.add(new At<>(operation.returned(), true, answer));
      }
    }
    events.sort(Comparator.<At<I, O>>comparingLong(At::time).thenComparing(At::answer));
    Event<I, O> last = head;
    for (At<I, O> each : events) {
      last.next = each.event();
      each.event().previous = last;
      last = each.event();
    }
  }

  @Nullable Event<I, O> first() {
    return head.next;
  }

  /** The operations that have begun before the first answer: one of them must be next. */
  List<Operation<I, O>> candidates() {
    List<Operation<I, O>> candidates = new ArrayList<>();
    for (Event<I, O> event = head.next; event != null; event = event.next) {
      if (event.operation == null) {
        break;
      }
      candidates.add(event.operation);
    }
    return candidates;
  }

  void takeOut(Event<I, O> begin) {
    unlink(begin);
    if (begin.answer != null) {
      unlink(begin.answer);
    }
  }

  /** Undoes the last {@link #takeOut} that has not been undone. */
  void putBack(Event<I, O> begin) {
    if (begin.answer != null) {
      relink(begin.answer);
    }
    relink(begin);
  }

  private static <I, O> void unlink(Event<I, O> event) {
    if (event.previous != null) {
      event.previous.next = event.next;
    }
    if (event.next != null) {
      event.next.previous = event.previous;
    }
  }

  private static <I, O> void relink(Event<I, O> event) {
    if (event.previous != null) {
      event.previous.next = event;
    }
    if (event.next != null) {
      event.next.previous = event;
    }
  }

  /** A begin, which has an operation, or an answer, which has none. */
  static final class Event<I, O> {
    final int index;
    final @Nullable Operation<I, O> operation;
    private final @Nullable Event<I, O> answer;
    private @Nullable Event<I, O> previous;
    private @Nullable Event<I, O> next;

    private Event(int index, @Nullable Operation<I, O> operation, @Nullable Event<I, O> answer) {
      this.index = index;
      this.operation = operation;
      this.answer = answer;
    }

    @Nullable Event<I, O> next() {
      return next;
    }
  }
}
