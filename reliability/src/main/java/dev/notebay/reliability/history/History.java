package dev.notebay.reliability.history;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Records operations while they run, from one thread or many.
 *
 * <p>No two events get the same time: what was recorded later was later, also where the clock
 * stands still. So the order is as strict as what was really seen.
 */
public final class History<I, O> {
  private final List<Call> calls = new ArrayList<>();
  private long last = Long.MIN_VALUE;

  /**
   * Notes that a call begins; to be called before it does.
   *
   * @param now nanoseconds
   */
  public synchronized Call begin(String client, I input, long now) {
    var call = new Call(client, input, stamp(now));
    calls.add(call);
    return call;
  }

  /** All operations by the time of their begin; those without an answer yet are unknown. */
  public synchronized List<Operation<I, O>> operations() {
    return calls.stream().map(Call::operation).toList();
  }

  private long stamp(long now) {
    last = Math.max(now, last + 1);
    return last;
  }

  /** A call that has begun. One that gets no answer ever needs nothing more. */
  public final class Call {
    private final String client;
    private final I input;
    private final long invoked;
    private Optional<O> output = Optional.empty();
    private long returned = Operation.NEVER;

    private Call(String client, I input, long invoked) {
      this.client = client;
      this.input = input;
      this.invoked = invoked;
    }

    /**
     * Notes the answer, after it has come.
     *
     * @param now nanoseconds
     */
    public void answered(O answer, long now) {
      synchronized (History.this) {
        if (output.isPresent()) {
          throw new IllegalStateException("answered twice: " + operation());
        }
        output = Optional.of(answer);
        returned = stamp(now);
      }
    }

    private Operation<I, O> operation() {
      return new Operation<>(client, input, output, invoked, returned);
    }
  }
}
