package dev.notebay.agent.core.kernel;

import java.time.Duration;
import java.time.Instant;

/**
 * The life of one kernel; its process in each generation is another one.
 *
 * <pre>{@code
 * stateDiagram-v2
 *   [*] --> Starting
 *   Starting --> Running: up
 *   Starting --> Starting: ended by itself, at most 5 times in a row
 *   Starting --> Dead: ended by itself too often, or could not be started
 *   Running --> Starting: ended by itself
 *   Running --> Dead: ended by itself too often
 *   Starting --> Restarting: restart asked
 *   Running --> Restarting: restart asked
 *   Restarting --> Starting: ended
 *   Dead --> Starting: restart asked
 *   Starting --> Ending: shutdown asked
 *   Running --> Ending: shutdown asked
 *   Restarting --> Ending: shutdown asked
 *   Dead --> Ending: shutdown asked
 * }</pre>
 *
 * <p>As in Jupyter Server, a process that ran for {@link #STABLE} clears the count of restarts.
 */
public sealed interface KernelLife {
  int RESTARTS_IN_A_ROW = 5;
  Duration STABLE = Duration.ofSeconds(10);

  /** Which process; 1 for the first. */
  int generation();

  /** {@code restarts}: how often in a row it was started because it had ended by itself. */
  record Starting(int generation, int restarts) implements KernelLife {}

  record Running(int generation, int restarts, Instant since) implements KernelLife {}

  /** The old process is asked to end. */
  record Restarting(int generation) implements KernelLife {}

  record Dead(int generation, String reason) implements KernelLife {}

  /** Asked to end for good. */
  record Ending(int generation) implements KernelLife {}

  /** What happens to a kernel. */
  sealed interface Event {
    /** All its channels are connected. */
    record Up() implements Event {}

    /** The process of this generation is over, and all it said is known. */
    record Ended(String reason) implements Event {}

    /** No process could be started. */
    record NotStarted(String reason) implements Event {}

    record RestartAsked() implements Event {}

    record ShutdownAsked() implements Event {}
  }

  /** What it is after {@code event}; the same where the event changes nothing. */
  default KernelLife after(Event event, Instant now) {
    return switch (event) {
      case Event.ShutdownAsked() -> new Ending(generation());
      case Event.Up() ->
          this instanceof Starting(int generation, int restarts)
              ? new Running(generation, restarts, now)
              : this;
      case Event.NotStarted(String reason) ->
          this instanceof Starting ? new Dead(generation(), reason) : this;
      case Event.RestartAsked() ->
          switch (this) {
            case Starting(int generation, _) -> new Restarting(generation);
            case Running(int generation, _, _) -> new Restarting(generation);
            case Dead(int generation, _) -> new Starting(generation + 1, 0);
            case Restarting _, Ending _ -> this;
          };
      case Event.Ended(String reason) ->
          switch (this) {
            case Starting(int generation, int restarts) -> again(generation, restarts, reason);
            case Running(int generation, int restarts, Instant since) ->
                again(
                    generation,
                    Duration.between(since, now).compareTo(STABLE) >= 0 ? 0 : restarts,
                    reason);
            case Restarting(int generation) -> new Starting(generation + 1, 0);
            case Dead _, Ending _ -> this;
          };
    };
  }

  private static KernelLife again(int generation, int restarts, String reason) {
    return restarts < RESTARTS_IN_A_ROW
        ? new Starting(generation + 1, restarts + 1)
        : new Dead(generation, reason);
  }
}
