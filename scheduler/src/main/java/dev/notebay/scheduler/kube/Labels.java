package dev.notebay.scheduler.kube;

/**
 * The labels and annotations by which objects of this installation are known. What does not carry
 * {@link #MANAGED_BY} with {@link #NOTEBAY} and our {@link #INSTALLATION} is never touched.
 */
public final class Labels {
  /** API group of our custom resources, and prefix of our labels, annotations and finalizers. */
  public static final String GROUP = "notebay.dev";

  public static final String MANAGED_BY = "app.kubernetes.io/managed-by";
  public static final String NOTEBAY = "notebay";

  /** Which installation an object belongs to; two may share a cluster. */
  public static final String INSTALLATION = GROUP + "/installation";

  /** The session's id. */
  public static final String SESSION = GROUP + "/session";

  /** The session's attempt, a number. */
  public static final String ATTEMPT = GROUP + "/attempt";

  /** Annotation of a session's pod: the ids of the devices that are booked for it, by comma. */
  public static final String DEVICES = GROUP + "/devices";

  /** Annotation of a session's pod: the node that it was placed on, and is bound to. */
  public static final String NODE = GROUP + "/node";

  /** Field manager of everything that the scheduler writes. */
  public static final String FIELD_MANAGER = "notebay-scheduler";

  /** What our pods name in {@code spec.schedulerName}. */
  public static final String SCHEDULER_NAME = "notebay";

  private Labels() {}
}
