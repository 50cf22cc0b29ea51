package dev.notebay.reliability.simulation;

/**
 * Something that can crash and stall by itself: a process, in other words. What it began before a
 * crash never goes on; what comes due while it stalls is done when it wakes, late, by a process
 * that does not know that it was away.
 */
final class Actor {
  private final String name;
  private int incarnation;
  private boolean up = true;
  private long stalledUntil;

  Actor(String name) {
    this.name = name;
  }

  String name() {
    return name;
  }

  boolean isUp() {
    return up;
  }

  int incarnation() {
    return incarnation;
  }

  void crash() {
    incarnation++;
    up = false;
    stalledUntil = 0;
  }

  /** Begins the next incarnation. */
  void start() {
    up = true;
  }

  /**
   * @param until nanoseconds of virtual time
   */
  void stall(long until) {
    stalledUntil = Math.max(stalledUntil, until);
  }

  long stalledUntil() {
    return stalledUntil;
  }

  @Override
  public String toString() {
    return name;
  }
}
