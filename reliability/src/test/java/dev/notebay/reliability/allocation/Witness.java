package dev.notebay.reliability.allocation;

import dev.notebay.scheduler.core.session.Accelerator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Knows from outside how much of a device is in use. It is told that a session has some of one
 * after the store has said so, and that it has none before the store is asked to free it; so what
 * is in use here at the same time has been in use at the same time.
 */
final class Witness {
  private final Map<String, Integer> used = new ConcurrentHashMap<>();
  private final AtomicLong doubles = new AtomicLong();

  void has(int milli, List<String> devices) {
    for (String device : devices) {
      if (used.merge(device, milli, Integer::sum) > Accelerator.WHOLE) {
        doubles.incrementAndGet();
      }
    }
  }

  void gives(int milli, List<String> devices) {
    devices.forEach(device -> used.merge(device, -milli, Integer::sum));
  }

  /** How often a session was given more of a device than there was. */
  long doubles() {
    return doubles.get();
  }
}
