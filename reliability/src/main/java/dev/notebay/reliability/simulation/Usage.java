package dev.notebay.reliability.simulation;

import java.util.SplittableRandom;

/**
 * When a kernel executes: for some time, then not for some time, a few times over, and never again
 * after that. Times are nanoseconds since its start.
 *
 * @param changes when it begins and ends to execute, in turn, rising; it begins at the first
 */
record Usage(long[] changes) {
  private static final long SECOND = 1_000_000_000L;

  static Usage of(SplittableRandom random) {
    long[] changes = new long[2 * random.nextInt(4)];
    long at = 0;
    for (int i = 0; i < changes.length; i++) {
      at += random.nextLong(SECOND / 10, (random.nextInt(4) == 0 ? 90 : 12) * SECOND);
      changes[i] = at;
    }
    return new Usage(changes);
  }

  boolean isBusy(long at) {
    return changesUntil(at) % 2 == 1;
  }

  /** When it last began or ended to execute; 0 where it never has. */
  long lastChange(long at) {
    int passed = changesUntil(at);
    return passed == 0 ? 0 : changes[passed - 1];
  }

  /** The longest time without execution until {@code to} that had not ended at {@code from}. */
  long longestIdle(long from, long to) {
    long longest = 0;
    long since = 0;
    for (int i = 0; i <= changes.length; i += 2) {
      long until = i < changes.length ? Math.min(changes[i], to) : to;
      if (until >= from && since <= to) {
        longest = Math.max(longest, until - since);
      }
      since = i + 1 < changes.length ? changes[i + 1] : to;
    }
    return longest;
  }

  private int changesUntil(long at) {
    int passed = 0;
    while (passed < changes.length && changes[passed] <= at) {
      passed++;
    }
    return passed;
  }
}
