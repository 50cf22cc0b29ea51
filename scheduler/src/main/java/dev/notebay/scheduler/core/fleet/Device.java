package dev.notebay.scheduler.core.fleet;

/**
 * One accelerator of a node.
 *
 * @param id unique on its node
 * @param type accelerator class, such as {@code nvidia-t4}
 * @param memoryBytes its memory; 0 where it is not known
 * @param declared whether the operator declared it to try queueing, and no such hardware is there
 * @param shareable whether the operator lets several sessions have shares of it at one time:
 *     nothing but their good behaviour keeps them apart on it
 */
public record Device(
    String id, String type, long memoryBytes, boolean declared, boolean shareable) {
  /** One that is only given whole. */
  public Device(String id, String type, long memoryBytes, boolean declared) {
    this(id, type, memoryBytes, declared, false);
  }
}
