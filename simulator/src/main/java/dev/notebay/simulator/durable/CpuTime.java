package dev.notebay.simulator.durable;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.stream.Stream;

/**
 * CPU time of this process, clients and scheduler, and of its PostgreSQL: what a measurement costs,
 * whatever else the machine does.
 */
final class CpuTime {
  private final long postmaster;

  /**
   * @param postmaster its process number
   */
  CpuTime(long postmaster) {
    this.postmaster = postmaster;
  }

  /** Of the scheduler and the clients. */
  Duration ownSoFar() {
    var system = ManagementFactory.getOperatingSystemMXBean();
    return system instanceof com.sun.management.OperatingSystemMXBean own
        ? Duration.ofNanos(own.getProcessCpuTime())
        : Duration.ZERO;
  }

  /** Of PostgreSQL's processes that live. */
  Duration databaseSoFar() {
    return ProcessHandle.of(postmaster).stream()
        .flatMap(first -> Stream.concat(Stream.of(first), first.descendants()))
        .flatMap(process -> process.info().totalCpuDuration().stream())
        .reduce(Duration.ZERO, Duration::plus);
  }
}
