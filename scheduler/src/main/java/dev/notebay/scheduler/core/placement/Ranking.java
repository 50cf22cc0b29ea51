package dev.notebay.scheduler.core.placement;

/**
 * Orders the ways in which a request could be placed. Which ways there are is not its matter: it is
 * asked about those only that fit.
 *
 * <p>A score must be a function of the node, what would be taken, the demand, and of what was
 * {@link #arrived} so far: it is kept until the node or {@link #version} changes.
 */
public interface Ranking {
  /** Above every score. */
  long WORST = Long.MAX_VALUE - 1000;

  /**
   * @param node as it is now
   * @param taking what would be taken of it; it fits
   * @return the lower, the better; between equal ones the node whose name comes first is taken, and
   *     on it the device that comes first
   */
  long score(NodeState node, Taking taking, Demand demand);

  /** Tells of a request, once, when it is made; placed or not. For rankings that learn. */
  default void arrived(Demand demand) {}

  /** Another one whenever a score may have changed although the node has not. */
  default int version() {
    return 0;
  }
}
