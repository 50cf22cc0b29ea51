package dev.notebay.scheduler.kube.launch;

/** Names in a session's pod that more than one of its parts must agree on. */
public final class PodParts {
  /** The sidecar. */
  public static final String AGENT = "agent";

  /** The main container, from the person's image. */
  public static final String KERNEL = "kernel";

  /** What {@link dev.notebay.scheduler.core.launch.LaunchRequest#volume()} begins with. */
  static final String CLAIM = "claim:";

  /** Paths of both containers; kernels see them as they do on one machine. */
  static final String CONTENT = "/content";

  static final String VOLUME = "/mnt/volume";
  static final String PYTHON = "/opt/notebay/python";
  static final String LINK = "/run/notebay/link";

  /** Paths of the kernel's container alone. */
  static final String HOME = "/home/notebay";

  static final String TEMPORARY = "/tmp";
  static final String SHARED_MEMORY = "/dev/shm";

  /** Paths of the agent's container alone. */
  static final String STATE = "/var/lib/notebay";

  static final String TOKEN = "/var/run/notebay/token";

  static final String LAST_WORDS = "/dev/termination-log";

  static final int PORT = 8888;

  private PodParts() {}
}
