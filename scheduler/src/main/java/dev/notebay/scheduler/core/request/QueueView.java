package dev.notebay.scheduler.core.request;

import dev.notebay.scheduler.core.queue.QueueSpec;
import java.util.List;

/**
 * A queue and what it uses now.
 *
 * @param classes by name; those that it neither has nor uses are left out
 * @param fairShare its part of what its cohort's queues are due together, 0 to 1
 * @param waiting sessions that wait in it
 * @param running sessions in it that hold something
 */
public record QueueView(
    QueueSpec spec, List<ClassUse> classes, double fairShare, int waiting, int running) {

  /**
   * Use of one accelerator class, in thousandths of a device.
   *
   * @param nominalMilli its quota's; 0 where it has none
   * @param waitingMilli what its waiting sessions want; one that would take several classes counts
   *     for the one it wants most
   * @param share its part of what its cohort's queues use of the class, 0 to 1
   */
  public record ClassUse(
      String accelerator, long nominalMilli, long inUseMilli, long waitingMilli, double share) {

    /** What is used above nominal. */
    public long borrowedMilli() {
      return Math.max(0, inUseMilli - nominalMilli);
    }
  }
}
