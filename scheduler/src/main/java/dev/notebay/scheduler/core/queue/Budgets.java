package dev.notebay.scheduler.core.queue;

import dev.notebay.scheduler.core.queue.UserLimits.Budget;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What each person has used of a queue in the present period, where the queue has a budget. */
final class Budgets {
  private static final long MILLI_MICROS = 1000L * 1_000_000;

  private final Map<UserInQueue, List<Stretch>> uses = new HashMap<>();

  /** {@code until} is {@link Timeline#NEVER} while it goes on. */
  private record Stretch(long milli, long from, long until) {
    private long within(long start, long now) {
      return milli * Math.max(0, Math.min(until, now) - Math.max(from, start));
    }
  }

  void add(UserInQueue who, long milli, long from, long until) {
    if (milli != 0) {
      uses.computeIfAbsent(who, _ -> new ArrayList<>()).add(new Stretch(milli, from, until));
    }
  }

  void remove(UserInQueue who, long milli, long from, long until) {
    if (milli != 0) {
      uses.getOrDefault(who, new ArrayList<>()).remove(new Stretch(milli, from, until));
    }
  }

  /** GPU-seconds used since the present period began. Forgets what lies before it. */
  long used(UserInQueue who, Budget budget, long now) {
    long start = end(budget, now) - Timeline.micros(budget.period());
    List<Stretch> stretches = uses.get(who);
    if (stretches == null) {
      return 0;
    }
    stretches.removeIf(stretch -> stretch.until() <= start);
    return stretches.stream().mapToLong(stretch -> stretch.within(start, now)).sum() / MILLI_MICROS;
  }

  /** When the present period ends. */
  static long end(Budget budget, long now) {
    long period = Timeline.micros(budget.period());
    return (Math.floorDiv(now, period) + 1) * period;
  }
}
