package dev.notebay.scheduler.core.placement;

import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Compute;
import java.util.Map;
import java.util.Optional;

/**
 * All that decides where a session may go. Requests that are equal are decided alike, so sessions
 * of the same shape cost as one.
 *
 * @param choice what the order of the accelerator's classes means
 * @param nodeLabels the node must have all of them
 * @param volumeNode the node where the volume is: it can be mounted only there
 */
public record Request(
    Accelerator accelerator,
    Compute compute,
    Choice choice,
    Map<String, String> nodeLabels,
    Optional<String> volumeNode) {

  /** Which of several acceptable classes is taken. */
  public enum Choice {
    /** The first in the list for which there is room now. */
    FIRST_WITH_ROOM,
    /** Whichever leaves the fleet best: the order means nothing. */
    BEST_RANKED
  }

  public Request {
    nodeLabels = Map.copyOf(nodeLabels);
  }

  /** The first class in the list for which there is room. */
  public Request(
      Accelerator accelerator,
      Compute compute,
      Map<String, String> nodeLabels,
      Optional<String> volumeNode) {
    this(accelerator, compute, Choice.FIRST_WITH_ROOM, nodeLabels, volumeNode);
  }

  /** On any node. */
  public Request(Accelerator accelerator, Compute compute) {
    this(accelerator, compute, Map.of(), Optional.empty());
  }

  /** The same without the volume, which keeps it to one node only at the end. */
  Request whereverTheVolumeIs() {
    return new Request(accelerator, compute, choice, nodeLabels, Optional.empty());
  }
}
