package dev.notebay.reliability.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import dev.notebay.reliability.history.LinearizabilityTest.Register.Read;
import dev.notebay.reliability.history.LinearizabilityTest.Register.Write;
import dev.notebay.reliability.history.Verdict.Linearizable;
import dev.notebay.reliability.history.Verdict.Undecided;
import dev.notebay.reliability.history.Verdict.Violation;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Histories from the papers and from porcupine's tests. */
class LinearizabilityTest {
  private static final long BUDGET = 100_000;

  @Test
  void aReadMayBeAnsweredBeforeOrAfterAWriteThatOverlapsIt() {
    assertThat(check(write("a", 100, 0, 100), read("b", 100, 25, 75), read("c", 0, 30, 60)))
        .isInstanceOf(Linearizable.class);
  }

  @Test
  void aReadMayNotGoBackBehindOneThatWasAnsweredBefore() {
    assertThat(check(write("a", 200, 0, 100), read("b", 200, 10, 30), read("c", 0, 40, 90)))
        .isInstanceOf(Violation.class);
  }

  @Test
  void operationsOfNoDurationAtOneInstantMayHaveAnyOrder() {
    assertThat(
            check(
                write("a", 100, 0, 100),
                read("b", 100, 30, 30),
                read("c", 0, 30, 30),
                read("d", 0, 30, 30)))
        .isInstanceOf(Linearizable.class);
    assertThat(
            check(
                write("a", 200, 0, 100),
                read("b", 200, 10, 10),
                read("c", 200, 10, 10),
                read("d", 0, 40, 90)))
        .isInstanceOf(Violation.class);
  }

  @Test
  void whatWasWrittenBeforeMustBeRead() {
    assertThat(check(write("a", 1, 0, 10), read("b", 0, 11, 20))).isInstanceOf(Violation.class);
    assertThat(check(write("a", 1, 0, 10), read("b", 0, 10, 20))).isInstanceOf(Linearizable.class);
  }

  @Test
  void aWriteWithoutAnAnswerMayTakeEffectLateOrNever() {
    assertThat(check(lostWrite("a", 1, 0), read("b", 0, 10, 20), read("b", 0, 30, 40)))
        .isInstanceOf(Linearizable.class);
    assertThat(check(lostWrite("a", 1, 0), read("b", 0, 10, 20), read("b", 1, 30, 40)))
        .isInstanceOf(Linearizable.class);
  }

  @Test
  void aWriteWithoutAnAnswerTakesEffectOnceAndNotBeforeItBegan() {
    assertThat(
            check(
                lostWrite("a", 1, 0),
                read("b", 1, 10, 20),
                write("b", 2, 30, 40),
                read("b", 1, 50, 60)))
        .isInstanceOf(Violation.class);
    assertThat(check(read("b", 1, 0, 10), lostWrite("a", 1, 11))).isInstanceOf(Violation.class);
  }

  /** Herlihy and Wing 1990, figure 1: H1 and H4 are linearizable, H2 and H3 are not. */
  @Test
  void aQueueGivesWhatWasPutFirst() {
    assertThat(
            checkQueue(
                put("a", 1, 0, 10), put("b", 2, 5, 15), take("b", 1, 20, 30), take("a", 2, 20, 30)))
        .isInstanceOf(Linearizable.class);
    assertThat(checkQueue(put("a", 1, 0, 10), put("b", 2, 11, 20), take("b", 2, 21, 30)))
        .isInstanceOf(Violation.class);
    assertThat(
            checkQueue(
                put("a", 1, 0, 10), put("b", 2, 0, 10), take("a", 1, 20, 30), take("b", 1, 20, 30)))
        .isInstanceOf(Violation.class);
    assertThat(checkQueue(put("a", 1, 0, 30), take("b", 1, 10, 20)))
        .isInstanceOf(Linearizable.class);
  }

  @Test
  void anOutcomeThatWasLeftOpenMayBeAnyOfThePossibleOnesButOnlyOne() {
    var anyOfThree = new Choice(List.of(1, 2, 3));
    assertThat(
            Linearizability.check(
                anyOfThree, List.of(read("a", 3, 0, 1), read("b", 3, 2, 3)), BUDGET))
        .isInstanceOf(Linearizable.class);
    assertThat(
            Linearizability.check(
                anyOfThree, List.of(read("a", 3, 0, 1), read("b", 2, 2, 3)), BUDGET))
        .isInstanceOf(Violation.class);
    assertThat(
            Linearizability.check(
                anyOfThree,
                List.of(
                    new Operation<>("c", new Write(0), Optional.of(0), 0, 9),
                    read("a", 3, 10, 11),
                    read("b", 3, 12, 13)),
                BUDGET))
        .isInstanceOf(Linearizable.class);
  }

  @Test
  void aViolationShowsWhatCouldBeExplainedAndWhatCannotBeNext() {
    Verdict<Register.Call, Integer> verdict =
        check(
            write("a", 1, 0, 10),
            read("b", 1, 20, 30),
            read("c", 0, 40, 50),
            write("a", 3, 45, 60));

    assertThat(verdict)
        .isInstanceOfSatisfying(
            Violation.class,
            violation ->
                assertThat(violation.describe())
                    .isEqualTo(
                        """
                        not linearizable
                        explained, in this order:
                          a [0, 10] Write[value=1] -> 0
                          b [20, 30] Read[] -> 1
                          a [45, 60] Write[value=3] -> 0
                        state then: 3
                        none can be next of:
                          c [40, 50] Read[] -> 0
                        """));
  }

  @Test
  void theSearchEndsUndecidedWhenItsBudgetIsSpent() {
    List<Operation<Register.Call, Integer>> history = new ArrayList<>();
    IntStream.range(0, 12).forEach(client -> history.add(write("w" + client, client, 0, 100)));
    history.add(read("r", 77, 101, 102));

    assertThat(Linearizability.check(new Register(), history, 1000))
        .isEqualTo(new Undecided<>(1000));
    assertThat(Linearizability.check(new Register(), history, 1_000_000))
        .isInstanceOf(Violation.class);
  }

  @Test
  void eventsOfAHistoryAreOrderedAlsoWhereTheClockStandsStill() {
    var history = new History<Register.Call, Integer>();
    History<Register.Call, Integer>.Call first = history.begin("a", new Write(1), 5);
    first.answered(0, 5);
    history.begin("b", new Read(), 5).answered(0, 5);
    history.begin("c", new Write(2), 5);

    assertThat(history.operations())
        .extracting(Operation::invoked, Operation::returned)
        .containsExactly(tuple(5L, 6L), tuple(7L, 8L), tuple(9L, Operation.NEVER));
    assertThat(Linearizability.check(new Register(), history.operations(), BUDGET))
        .isInstanceOf(Violation.class);
  }

  @SafeVarargs
  private static Verdict<Register.Call, Integer> check(
      Operation<Register.Call, Integer>... history) {
    return Linearizability.check(new Register(), List.of(history), BUDGET);
  }

  private static Operation<Register.Call, Integer> write(
      String client, int value, long invoked, long returned) {
    return new Operation<>(client, new Write(value), Optional.of(0), invoked, returned);
  }

  private static Operation<Register.Call, Integer> lostWrite(
      String client, int value, long invoked) {
    return new Operation<>(client, new Write(value), Optional.empty(), invoked, Operation.NEVER);
  }

  private static Operation<Register.Call, Integer> read(
      String client, int value, long invoked, long returned) {
    return new Operation<>(client, new Read(), Optional.of(value), invoked, returned);
  }

  /** A register that is 0 at first; a write is answered with 0. */
  static final class Register implements Specification<Integer, Register.Call, Integer> {
    sealed interface Call {}

    record Write(int value) implements Call {}

    record Read() implements Call {}

    @Override
    public Integer initial() {
      return 0;
    }

    @Override
    public Collection<Integer> step(Integer state, Call call, Optional<Integer> output) {
      return switch (call) {
        case Write(var value) -> List.of(value);
        case Read _ -> output.isEmpty() || output.get().equals(state) ? List.of(state) : List.of();
      };
    }
  }

  /** A register that is one of several at first, and of which a write of 0 chooses again. */
  record Choice(List<Integer> possible) implements Specification<Integer, Register.Call, Integer> {
    @Override
    public Integer initial() {
      return 0;
    }

    @Override
    public Collection<Integer> step(Integer state, Register.Call call, Optional<Integer> output) {
      return switch (call) {
        case Write _ -> possible;
        case Read _ ->
            (state == 0 ? possible : List.of(state))
                .stream().filter(value -> output.isEmpty() || output.get().equals(value)).toList();
      };
    }
  }

  @SafeVarargs
  private static Verdict<Integer, Integer> checkQueue(Operation<Integer, Integer>... history) {
    return Linearizability.check(new Fifo(), List.of(history), BUDGET);
  }

  private static Operation<Integer, Integer> put(
      String client, int value, long invoked, long returned) {
    return new Operation<>(client, value, Optional.of(0), invoked, returned);
  }

  private static Operation<Integer, Integer> take(
      String client, int value, long invoked, long returned) {
    return new Operation<>(client, 0, Optional.of(value), invoked, returned);
  }

  /** A queue into which positive numbers are put, and from which 0 takes. */
  static final class Fifo implements Specification<List<Integer>, Integer, Integer> {
    @Override
    public List<Integer> initial() {
      return List.of();
    }

    @Override
    public Collection<List<Integer>> step(
        List<Integer> state, Integer input, Optional<Integer> output) {
      if (input > 0) {
        List<Integer> longer = new ArrayList<>(state);
        longer.add(input);
        return List.of(longer);
      }
      return !state.isEmpty() && output.filter(state.getFirst()::equals).isPresent()
          ? List.of(state.subList(1, state.size()))
          : List.of();
    }
  }
}
