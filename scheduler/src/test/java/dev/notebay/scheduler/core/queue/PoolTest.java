package dev.notebay.scheduler.core.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What quotas leave, as Kueue's documentation has it, and over time. */
class PoolTest {
  private static final String T4 = "nvidia-t4";

  /** What queue {@code a} may still hold, of nominal 10 beside a {@code b} of nominal 10. */
  private record Case(
      String what, Quota ofA, Quota ofB, long heldByA, long heldByB, long stillForA) {}

  @Test
  void aQueueMayHoldNominalAndWhatTheOthersLendUpToItsBorrowingLimit() {
    Quota ten = Quota.devices(T4, 10);
    List<Case> cases =
        List.of(
            new Case("all of the cohort while it is unused", ten, ten, 0, 0, 20),
            new Case("what the other leaves", ten, ten, 0, 4, 16),
            new Case("nothing when the cohort is used up", ten, ten, 12, 8, 0),
            new Case("its nominal is lent, and has to be waited for", ten, ten, 0, 20, 0),
            new Case("no more than the borrowing limit", ten.borrowing(3), ten, 0, 0, 13),
            new Case("of which it has had some", ten.borrowing(3), ten, 12, 0, 1),
            new Case("nothing of others without borrowing", ten.borrowing(0), ten, 4, 0, 6),
            new Case("what the other keeps is not lent", ten, ten.lending(4), 0, 0, 14),
            new Case("what the other uses of its own is its own", ten, ten.lending(4), 0, 6, 14),
            new Case("beyond that it uses what it would lend", ten, ten.lending(4), 0, 8, 12),
            new Case("what it keeps is always there", ten.lending(2), ten, 0, 12, 8),
            new Case("with nominal 0 it only borrows", Quota.devices(T4, 0), ten, 0, 7, 3),
            new Case("with nothing lent there is only its own", ten, ten.lending(0), 0, 0, 10));
    for (Case one : cases) {
      QueueSpec a = QueueSpec.named("a", one.ofA()).in("all");
      QueueSpec b = QueueSpec.named("b", one.ofB()).in("all");
      var pool = new Pool(List.of(a, b), T4);
      Pool.Member ofA = pool.member("a").orElseThrow();
      pool.add(ofA, Timeline.ALWAYS, Timeline.NEVER, one.heldByA() * 1000);
      pool.add(
          pool.member("b").orElseThrow(), Timeline.ALWAYS, Timeline.NEVER, one.heldByB() * 1000);

      assertThat(pool.freeAt(ofA, 0)).as(one.what()).isEqualTo(one.stillForA() * 1000);
      assertThat(pool.fits(ofA, one.stillForA() * 1000 + 1, 0, 1)).as(one.what()).isFalse();
      if (one.stillForA() > 0) {
        assertThat(pool.fits(ofA, one.stillForA() * 1000, 0, 1)).as(one.what()).isTrue();
      }
    }
  }

  /** One booking of the oracle: plain lists, and every point in time looked at. */
  private record Held(int queue, long from, long until, long milli) {}

  @Test
  void theEarliestTimeIsTheOneFoundByLookingAtEveryTime() {
    for (int seed = 0; seed < 2000; seed++) {
      var random = new SplittableRandom(seed);
      List<QueueSpec> queues = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        long nominal = random.nextInt(6);
        queues.add(
            QueueSpec.named(
                    "q" + i,
                    new Quota(
                        T4,
                        nominal,
                        random.nextBoolean()
                            ? OptionalLong.empty()
                            : OptionalLong.of(random.nextInt(5)),
                        random.nextBoolean()
                            ? OptionalLong.empty()
                            : OptionalLong.of(random.nextLong(nominal + 1))))
                .in("all"));
      }
      var pool = new Pool(queues, T4);
      List<Held> all = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        int queue = random.nextInt(3);
        long milli = random.nextInt(1, 4);
        long from = random.nextInt(20);
        long until = from + random.nextInt(1, 15);
        Pool.Member member = pool.member("q" + queue).orElseThrow();
        pool.add(member, from, until, milli);
        if (random.nextInt(4) == 0) {
          pool.add(member, from, until, -milli);
        } else {
          all.add(new Held(queue, from, until, milli));
        }
      }
      int queue = random.nextInt(3);
      long milli = random.nextInt(1, 5);
      long length = random.nextInt(1, 12);
      long expected = Timeline.NEVER;
      for (long start = 0; start < 50 && expected == Timeline.NEVER; start++) {
        boolean fits = true;
        for (long at = start; at < start + length; at++) {
          fits &= fits(queues, all, queue, milli, at);
        }
        expected = fits ? start : expected;
      }

      Pool.Member member = pool.member("q" + queue).orElseThrow();
      long found = pool.earliest(member, milli, 0, length);
      assertThat(found).as("seed %d", seed).isEqualTo(expected);
      assertThat(pool.fits(member, milli, 0, length)).as("seed %d", seed).isEqualTo(found == 0);
    }
  }

  private static boolean fits(
      List<QueueSpec> queues, List<Held> all, int queue, long milli, long at) {
    long lent = 0;
    long capacity = 0;
    for (int i = 0; i < queues.size(); i++) {
      int number = i;
      Quota quota = queues.get(i).quotas().getFirst();
      long held =
          all.stream()
              .filter(one -> one.queue() == number && one.from() <= at && at < one.until())
              .mapToLong(Held::milli)
              .sum();
      long now = i == queue ? held + milli : held;
      long borrowing = quota.borrowingLimitMilli().orElse(1_000_000);
      if (i == queue && now > quota.nominalMilli() + borrowing) {
        return false;
      }
      long kept = quota.nominalMilli() - quota.lendingLimitMilli().orElse(quota.nominalMilli());
      if (i == queue && Math.max(0, now - kept) == Math.max(0, held - kept)) {
        return true;
      }
      lent += Math.max(0, now - kept);
      capacity += quota.nominalMilli() - kept;
    }
    return lent <= capacity;
  }
}
