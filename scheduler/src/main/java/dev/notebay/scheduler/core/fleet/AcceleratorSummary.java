package dev.notebay.scheduler.core.fleet;

/**
 * One accelerator class of the fleet.
 *
 * @param total devices
 * @param free devices that nobody holds now
 * @param largestNode the most that are on one node
 * @param memoryBytes of one device; 0 where it is not known
 * @param declared whether it was declared to try queueing, and no such hardware is there
 * @param shareable whether shares of one are given
 */
public record AcceleratorSummary(
    String type,
    int total,
    int free,
    int largestNode,
    long memoryBytes,
    boolean declared,
    boolean shareable) {}
