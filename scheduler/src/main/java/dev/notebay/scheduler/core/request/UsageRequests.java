package dev.notebay.scheduler.core.request;

import dev.notebay.scheduler.core.ledger.Ledger;
import dev.notebay.scheduler.core.ledger.Usage;
import dev.notebay.scheduler.core.ledger.UsageQuery;
import dev.notebay.scheduler.core.queue.PresentQueues;
import dev.notebay.scheduler.core.queue.QueueSpec;
import dev.notebay.scheduler.core.queue.UserLimits.Budget;
import dev.notebay.scheduler.core.session.Owner;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What people may ask about use. Who may ask about whom is the caller's to decide. */
public final class UsageRequests {
  private static final long MILLIS_PER_SECOND = 1000;

  private final Ledger ledger;
  private final PresentQueues queues;

  public UsageRequests(Ledger ledger, PresentQueues queues) {
    this.ledger = ledger;
    this.queues = queues;
  }

  /**
   * What a person may still use of a queue.
   *
   * @param left never negative
   * @param periodStart when the present period began
   */
  public record BudgetStatus(
      String queue,
      Duration budget,
      Duration used,
      Duration left,
      Instant periodStart,
      Instant periodEnd) {}

  public Ledger.Report usage(UsageQuery query) {
    return ledger.read(query);
  }

  /**
   * What is left of the owner's budgets, by queue.
   *
   * @param queue only this one's, if it is set
   */
  public List<BudgetStatus> budgets(Owner owner, Optional<String> queue, Instant now) {
    return queues.queues().all().stream()
        .filter(spec -> queue.isEmpty() || spec.name().equals(queue.get()))
        .flatMap(spec -> budget(spec, owner, now).stream())
        .toList();
  }

  private Optional<BudgetStatus> budget(QueueSpec queue, Owner owner, Instant now) {
    return queue.userLimits().budget().map(budget -> status(queue.name(), budget, owner, now));
  }

  private BudgetStatus status(String queue, Budget budget, Owner owner, Instant now) {
    Instant start = periodStart(budget, now);
    Instant end = start.plus(budget.period());
    Usage used = ledger.read(UsageQuery.of(owner, queue, start, end)).total();
    Duration whole = Duration.ofSeconds(budget.gpuSeconds());
    Duration left = whole.minus(used.gpuTime());
    return new BudgetStatus(
        queue, whole, used.gpuTime(), left.isNegative() ? Duration.ZERO : left, start, end);
  }

  /** Periods follow each other from the epoch on. */
  private static Instant periodStart(Budget budget, Instant now) {
    long period = budget.period().toSeconds() * MILLIS_PER_SECOND + budget.period().toMillisPart();
    return Instant.ofEpochMilli(Math.floorDiv(now.toEpochMilli(), period) * period);
  }
}
