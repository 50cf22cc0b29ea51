package dev.notebay.scheduler.core.queue;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * How long the last {@value #REMEMBERED} sessions of each queue have held what they had, and what
 * can be expected from that.
 */
final class Durations {
  private static final int REMEMBERED = 256;

  private final Map<String, Deque<Long>> byQueue = new HashMap<>();

  /**
   * @param length microseconds
   */
  void ended(String queue, long length) {
    Deque<Long> last = byQueue.computeIfAbsent(queue, _ -> new ArrayDeque<>());
    last.addLast(length);
    if (last.size() > REMEMBERED) {
      last.removeFirst();
    }
  }

  /**
   * How much longer a session is expected to hold something: the mean of what the others took that
   * were not over at that age; all that it may where there were none.
   *
   * @param age how long it has held it already
   * @param most how long it may still hold it; {@link Timeline#NEVER} for ever
   */
  long expected(String queue, long age, long most) {
    long sum = 0;
    long count = 0;
    for (long length : byQueue.getOrDefault(queue, new ArrayDeque<>())) {
      if (length > age) {
        sum += length - age;
        count++;
      }
    }
    return count == 0 ? most : Math.min(most, sum / count);
  }
}
