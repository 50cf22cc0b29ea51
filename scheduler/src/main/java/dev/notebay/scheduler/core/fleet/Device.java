package dev.notebay.scheduler.core.fleet;

/**
 * One accelerator of a node.
 *
 * @param id unique on its node
 * @param type accelerator class, such as {@code nvidia-t4}
 * @param memoryBytes its memory; 0 where it is not known
 * @param declared whether the operator declared it to try queueing, and no such hardware is there
 */
public record Device(String id, String type, long memoryBytes, boolean declared) {}
