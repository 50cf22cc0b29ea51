package dev.notebay.reliability.allocation;

import dev.notebay.scheduler.core.session.SessionId;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Knows from outside who has a device. It is told that a session has one after the store has said
 * so, and that it has none before the store is asked to free it; so two that have one device here
 * at the same time have had it at the same time.
 */
final class Witness {
  private final Map<String, SessionId> holders = new ConcurrentHashMap<>();
  private final AtomicLong doubles = new AtomicLong();

  void has(SessionId session, List<String> devices) {
    for (String device : devices) {
      if (holders.putIfAbsent(device, session) != null) {
        doubles.incrementAndGet();
      }
    }
  }

  void gives(SessionId session, List<String> devices) {
    devices.forEach(device -> holders.remove(device, session));
  }

  /** How often a session was given a device that another had. */
  long doubles() {
    return doubles.get();
  }
}
