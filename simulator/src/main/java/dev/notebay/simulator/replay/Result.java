package dev.notebay.simulator.replay;

import java.util.List;

/**
 * What became of one workload.
 *
 * @param allocatedPercent GPU allocated at the end, of all GPU
 * @param firstRefusalPercent GPU wanted when a pod was first refused, of all GPU; that of all
 *     arrivals where none was
 * @param fragmentedPercent of the GPU that is free at the end, what is no use to a typical request
 * @param placed pods
 * @param refused pods
 * @param curve allocation against demand
 * @param speed of the decisions, with the update of the state
 */
public record Result(
    double allocatedPercent,
    double firstRefusalPercent,
    double fragmentedPercent,
    int placed,
    int refused,
    List<Point> curve,
    Speed speed) {

  /** GPU wanted by all arrivals so far and GPU allocated, each in percent of all GPU. */
  public record Point(double demandPercent, double allocatedPercent) {}

  /** Quantiles in microseconds. */
  public record Speed(double perSecond, double medianMicros, double p99Micros) {}
}
