package dev.notebay.scheduler.core.queue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the queues of one cohort hold of one accelerator class over time, and what their quotas
 * leave (Kueue's resource nodes, with time added). A queue without cohort has a pool of its own.
 *
 * <p>A queue may hold at most nominal + borrowingLimit. What it holds beyond what it never lends
 * (nominal − lendingLimit) it takes from the pool, which has Σ min(nominal, lendingLimit).
 */
final class Pool {
  private final Map<String, Member> members = new HashMap<>();
  private final Timeline lent = new Timeline();
  private long capacity;

  /** One queue's part. */
  static final class Member {
    private final QueueSpec queue;
    private final Quota quota;
    private final Timeline used = new Timeline();

    private Member(QueueSpec queue, Quota quota) {
      this.queue = queue;
      this.quota = quota;
    }

    long usedAt(long time) {
      return used.valueAt(time);
    }

    QueueSpec queue() {
      return queue;
    }

    long nominal() {
      return quota.nominalMilli();
    }

    private long most() {
      return quota.borrowingLimitMilli().isPresent()
          ? quota.nominalMilli() + quota.borrowingLimitMilli().getAsLong()
          : Timeline.NEVER;
    }

    private long fromPool(long milli) {
      return Math.max(0, milli - quota.keptMilli());
    }
  }

  Pool(List<QueueSpec> queues, String accelerator) {
    for (QueueSpec queue : queues) {
      queue
          .quota(accelerator)
          .ifPresent(
              quota -> {
                members.put(queue.name(), new Member(queue, quota));
                capacity += quota.nominalMilli() - quota.keptMilli();
              });
    }
  }

  Optional<Member> member(String queue) {
    return Optional.ofNullable(members.get(queue));
  }

  /** What a queue holds, less where {@code milli} is negative, from then until then. */
  void add(Member member, long from, long until, long milli) {
    Timeline used = member.used;
    if (member.quota.keptMilli() == 0) {
      lent.add(from, until, milli);
    } else {
      for (int step = used.stepAt(from); step < used.size() && used.from(step) < until; step++) {
        long held = used.value(step);
        lent.add(
            Math.max(from, used.from(step)),
            Math.min(until, used.until(step)),
            member.fromPool(held + milli) - member.fromPool(held));
      }
    }
    used.add(from, until, milli);
  }

  /**
   * The first time from {@code notBefore} on at which the queue may hold that much more, and for
   * {@code length}; {@link Timeline#NEVER} if there is none.
   */
  long earliest(Member member, long milli, long notBefore, long length) {
    Timeline used = member.used;
    long start = notBefore;
    int ofQueue = used.stepAt(notBefore);
    int ofPool = lent.stepAt(notBefore);
    while (true) {
      long held = used.value(ofQueue);
      long more = member.fromPool(held + milli) - member.fromPool(held);
      boolean fits =
          held + milli <= member.most() && (more == 0 || lent.value(ofPool) + more <= capacity);
      long next = Math.min(used.until(ofQueue), lent.until(ofPool));
      if (!fits) {
        start = next;
      }
      if (next == Timeline.NEVER || (fits && next >= Timeline.later(start, length))) {
        return start;
      }
      ofQueue += used.until(ofQueue) == next ? 1 : 0;
      ofPool += lent.until(ofPool) == next ? 1 : 0;
    }
  }

  /** Whether the queue may hold that much more from then on, and for {@code length}. */
  boolean fits(Member member, long milli, long start, long length) {
    Timeline used = member.used;
    long end = Timeline.later(start, length);
    int ofQueue = used.stepAt(start);
    int ofPool = lent.stepAt(start);
    while (true) {
      long held = used.value(ofQueue);
      long more = member.fromPool(held + milli) - member.fromPool(held);
      if (held + milli > member.most() || (more > 0 && lent.value(ofPool) + more > capacity)) {
        return false;
      }
      long next = Math.min(used.until(ofQueue), lent.until(ofPool));
      if (next >= end) {
        return true;
      }
      ofQueue += used.until(ofQueue) == next ? 1 : 0;
      ofPool += lent.until(ofPool) == next ? 1 : 0;
    }
  }

  /** Free of the pool at a time, as far as this queue may borrow it or has it for itself. */
  long freeAt(Member member, long time) {
    long held = member.usedAt(time);
    long own = Math.max(0, member.quota.keptMilli() - held);
    long free = own + Math.max(0, capacity - lent.valueAt(time));
    return Math.max(0, Math.min(free, member.most() - held));
  }
}
