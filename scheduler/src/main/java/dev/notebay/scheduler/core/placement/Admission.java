package dev.notebay.scheduler.core.placement;

/** Which nodes a caller leaves to a request, such as those that are kept for nobody else. */
@FunctionalInterface
public interface Admission {
  /** Everywhere. */
  Admission EVERYWHERE = _ -> true;

  /**
   * @param node index in the {@link FleetState}
   */
  boolean admits(int node);
}
