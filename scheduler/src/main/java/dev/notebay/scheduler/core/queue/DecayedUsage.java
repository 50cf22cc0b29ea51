package dev.notebay.scheduler.core.queue;

import dev.notebay.scheduler.core.session.Owner;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * GPU time used, of which half is forgotten in each half-life: by queue, and by person in a queue.
 *
 * <p>Use at a constant rate m from a to b counts at t as m · h/ln 2 · (2^((b−t)/h) − 2^((a−t)/h)),
 * exactly: there is no sampling. While it goes on, b is t. So each account needs four numbers, and
 * what it says depends on what was used, not on when it was told or in which order. (Fair share by
 * decayed usage as in Slurm's fair tree and Kueue's Admission Fair Sharing, which both sample.)
 *
 * <p>Amounts are in milli-device-seconds, rounded to a thousandth so that the order of additions
 * shows nowhere.
 */
final class DecayedUsage {
  private static final double ROUNDING = 1000;
  private static final double MICROS = 1_000_000;
  private static final int FAR = 256;

  private final long halfLifeMicros;
  private final double perUnit;
  private final Map<String, Account> queues = new HashMap<>();
  private final Map<UserInQueue, Account> users = new HashMap<>();

  DecayedUsage(Duration halfLife) {
    if (!halfLife.isPositive()) {
      throw new IllegalArgumentException("halfLife: " + halfLife + " (expected: > 0)");
    }
    this.halfLifeMicros = Timeline.micros(halfLife);
    this.perUnit = halfLifeMicros / MICROS / Math.log(2);
  }

  /** Adds what is over. */
  void add(Use use) {
    start(use.queue(), use.owner(), use.milliDevices(), use.from());
    stop(use.queue(), use.owner(), use.milliDevices(), use.from(), use.until());
  }

  /** Adds what goes on. */
  void start(String queue, Owner owner, long milliDevices, Instant from) {
    if (milliDevices != 0) {
      long at = Timeline.micros(from);
      queues.computeIfAbsent(queue, _ -> new Account(at)).run(milliDevices, at);
      users
          .computeIfAbsent(new UserInQueue(queue, owner), _ -> new Account(at))
          .run(milliDevices, at);
    }
  }

  /** Ends what was added by {@link #start} with the same values. */
  void stop(String queue, Owner owner, long milliDevices, Instant from, Instant until) {
    if (milliDevices != 0) {
      long start = Timeline.micros(from);
      long end = Math.max(start, Timeline.micros(until));
      Account ofQueue = queues.get(queue);
      Account ofUser = users.get(new UserInQueue(queue, owner));
      if (ofQueue == null || ofUser == null) {
        throw new IllegalArgumentException("queue: " + queue + " (expected: one that was started)");
      }
      ofQueue.end(milliDevices, end);
      ofUser.end(milliDevices, end);
    }
  }

  /** Takes back what was added by {@link #start}, as if it had never been. */
  void cancel(String queue, Owner owner, long milliDevices, Instant from) {
    stop(queue, owner, milliDevices, from, from);
  }

  /** In milli-device-seconds, at a time that is not before any use began. */
  double of(String queue, Instant now) {
    return of(queues.get(queue), Timeline.micros(now), 0);
  }

  /** In milli-device-seconds, at a time that is not before any use began. */
  double of(String queue, Owner owner, Instant now) {
    return of(users.get(new UserInQueue(queue, owner)), Timeline.micros(now), 0);
  }

  /** As {@link #of(String, Instant)}, with {@code charge} seconds more for what goes on. */
  double charged(String queue, long now, long charge) {
    return of(queues.get(queue), now, charge);
  }

  /** As {@link #of(String, Owner, Instant)}, with {@code charge} seconds more for what goes on. */
  double charged(String queue, Owner owner, long now, long charge) {
    return of(users.get(new UserInQueue(queue, owner)), now, charge);
  }

  private static double of(@Nullable Account account, long now, long charge) {
    return account == null ? 0 : account.at(now) + account.running * charge;
  }

  /** The sums of 2^((b−reference)/h) of what is over, less those of every a. */
  private final class Account {
    private long reference;
    private double sum;
    private double running;

    private Account(long reference) {
      this.reference = reference;
    }

    private void run(long milli, long from) {
      double power = power(from);
      running += milli;
      sum -= milli * power;
    }

    private void end(long milli, long until) {
      double power = power(until);
      running -= milli;
      sum += milli * power;
    }

    private double at(long now) {
      double half = (double) (now - reference) / halfLifeMicros;
      double value = perUnit * (sum * StrictMath.pow(2, -half) + running);
      return Math.max(0, Math.rint(value * ROUNDING) / ROUNDING);
    }

    private double power(long at) {
      double half = (double) (at - reference) / halfLifeMicros;
      if (half > FAR) {
        // Scaling by a power of two loses nothing, so the reference may move at any time.
        int steps = (int) half;
        sum = Math.scalb(sum, -steps);
        reference += steps * halfLifeMicros;
        half = (double) (at - reference) / halfLifeMicros;
      }
      return StrictMath.pow(2, half);
    }
  }
}
