package dev.notebay.simulator.queue;

import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.queue.QueueSettings;
import dev.notebay.scheduler.core.queue.Queues;
import dev.notebay.scheduler.core.queue.Waiting;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A fleet, its queues and who comes when.
 *
 * @param sessions in no particular order
 * @param until when the simulation stops; empty to go on until nothing happens any more
 */
public record QueueWorkload(
    List<Node> nodes,
    Queues queues,
    QueueSettings settings,
    List<Visit> sessions,
    Optional<Duration> until) {
  /** When every simulation begins. */
  public static final Instant START = Instant.parse("2030-01-01T00:00:00Z");

  public QueueWorkload {
    nodes = List.copyOf(nodes);
    sessions = List.copyOf(sessions);
  }

  /**
   * @throws dev.notebay.simulator.openb.BadInput naming the field that is wrong by its path
   */
  public static QueueWorkload read(Path file) {
    return WorkloadFile.read(file);
  }

  /**
   * One session as it comes.
   *
   * @param waiting what it asks for, from its {@code created} on
   * @param stays how long it holds what it got, if its lifetime does not end it before
   * @param idleAfter from when after its start on it is idle
   */
  public record Visit(Waiting waiting, Duration stays, Optional<Duration> idleAfter) {}
}
