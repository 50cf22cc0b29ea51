package dev.notebay.reliability.history;

import java.util.Optional;

/**
 * One call of one client, as seen from outside.
 *
 * @param client who called, for people to read
 * @param input what was asked
 * @param output what was answered; empty when that is not known, because the call failed without
 *     saying whether it was done, or the client died. It may then have taken effect, at any time
 *     after {@code invoked}, or never
 * @param invoked nanoseconds of some clock that all clients share
 * @param returned likewise; {@link #NEVER} without an answer
 */
public record Operation<I, O>(
    String client, I input, Optional<O> output, long invoked, long returned) {
  public static final long NEVER = Long.MAX_VALUE;

  public Operation {
    if (output.isEmpty() != (returned == NEVER)) {
      throw new IllegalArgumentException(
          "returned: " + returned + " (expected: never exactly without an output)");
    }
    if (returned < invoked) {
      throw new IllegalArgumentException(
          "returned: " + returned + " (expected: not before invoked " + invoked + ")");
    }
  }

  @Override
  public String toString() {
    return client
        + " ["
        + invoked
        + ", "
        + (returned == NEVER ? "never" : returned)
        + "] "
        + input
        + " -> "
        + output.map(Object::toString).orElse("unknown");
  }
}
