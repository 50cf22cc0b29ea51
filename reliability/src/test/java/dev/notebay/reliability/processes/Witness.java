package dev.notebay.reliability.processes;

import dev.notebay.scheduler.core.launch.RuntimeName;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Sees what runtimes really use, at every moment, and keeps what it saw go wrong: two runtimes of
 * one session or on one single-writer volume, and more of a device than there is.
 */
final class Witness {
  /** Thousandths of a device. */
  private static final int WHOLE = 1000;

  /**
   * What one runtime uses.
   *
   * @param devices thousandths of each
   * @param uid of this start of it
   * @param volume the directory of its volume; empty where it has none
   */
  record Use(RuntimeName name, String uid, Map<String, Integer> devices, String volume) {}

  private final Function<RuntimeName, Map<String, Integer>> devices;
  private final Map<RuntimeName, Use> uses = new TreeMap<>();
  private final List<String> violations = new ArrayList<>();
  private int most;

  /**
   * @param devices thousandths of which devices an attempt has been given
   */
  Witness(Function<RuntimeName, Map<String, Integer>> devices) {
    this.devices = devices;
  }

  /** A runtime's claim was granted: from now on it may touch what it was given. */
  void taken(RuntimeName name, String uid, String volume) {
    Use use = new Use(name, uid, devices.apply(name), volume);
    synchronized (this) {
      for (Use other : uses.values()) {
        conflict(use, other).ifPresent(what -> violations.add(what + ": " + other + " and " + use));
      }
      uses.put(name, use);
      use.devices().keySet().stream()
          .filter(device -> milliUsedOf(device) > WHOLE)
          .forEach(device -> violations.add(device + " given beyond what it is: " + uses.values()));
      most = Math.max(most, uses.size());
    }
  }

  private int milliUsedOf(String device) {
    return uses.values().stream().mapToInt(use -> use.devices().getOrDefault(device, 0)).sum();
  }

  /** Whether two uses may not be at one time; empty for the same one. */
  static Optional<String> conflict(Use one, Use other) {
    if (one.name().equals(other.name()) && one.uid().equals(other.uid())) {
      return Optional.empty();
    }
    if (one.name().session().equals(other.name().session())) {
      return Optional.of("two runtimes of one session");
    }
    if (!one.volume().isEmpty() && one.volume().equals(other.volume())) {
      return Optional.of("a single-writer volume mounted twice");
    }
    return Optional.empty();
  }

  /** A runtime's process has ended. */
  synchronized void released(RuntimeName name, String uid) {
    Use use = uses.get(name);
    if (use != null && use.uid().equals(uid)) {
      uses.remove(name);
    }
  }

  /** Something else is wrong. */
  synchronized void violated(String what) {
    violations.add(what);
  }

  synchronized List<String> violations() {
    return List.copyOf(violations);
  }

  synchronized List<Use> uses() {
    return List.copyOf(uses.values());
  }

  /** How many there were at most at one time. */
  synchronized int most() {
    return most;
  }
}
