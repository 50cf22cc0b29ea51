package dev.notebay.scheduler.core.ledger;

import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.SessionId;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * What use to sum up: what is empty is not asked for, and so everybody's or everything's counts.
 *
 * @param queue name of a queue
 * @param accelerator accelerator class
 * @param from what lies before it does not count
 * @param until what lies after it does not count; after {@code from}
 * @param by one row for each combination of these
 * @param limit the most rows to answer, above 0
 */
public record UsageQuery(
    Optional<Owner> owner,
    Optional<String> queue,
    Optional<SessionId> session,
    Optional<String> accelerator,
    Instant from,
    Instant until,
    Set<Dimension> by,
    int limit) {

  /** What use may be told apart by. */
  public enum Dimension {
    OWNER,
    QUEUE,
    SESSION,
    ACCELERATOR
  }

  public UsageQuery {
    by = Set.copyOf(by);
    if (!until.isAfter(from)) {
      throw new IllegalArgumentException("until: " + until + " (expected: > from " + from + ")");
    }
    if (limit < 1) {
      throw new IllegalArgumentException("limit: " + limit + " (expected: > 0)");
    }
  }

  /** All that one person has used of a queue in a time. */
  public static UsageQuery of(Owner owner, String queue, Instant from, Instant until) {
    return new UsageQuery(
        Optional.of(owner),
        Optional.of(queue),
        Optional.empty(),
        Optional.empty(),
        from,
        until,
        Set.of(),
        1);
  }
}
