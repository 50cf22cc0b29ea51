package dev.notebay.agent.core.kernel;

/** A failure that a client of the agent can act on. */
public abstract sealed class AgentException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  AgentException(String message) {
    super(message);
  }

  /** No kernel has this id. */
  public static final class KernelNotFound extends AgentException {
    private static final long serialVersionUID = 1L;

    public KernelNotFound(String id) {
      super("kernel does not exist: " + id);
    }
  }

  /** No kernelspec has this name. */
  public static final class KernelspecNotFound extends AgentException {
    private static final long serialVersionUID = 1L;

    public KernelspecNotFound(String name) {
      super("no such kernelspec: " + name);
    }
  }

  /** The kernel, or what starts kernels, cannot do this now. */
  public static final class KernelUnavailable extends AgentException {
    private static final long serialVersionUID = 1L;

    public KernelUnavailable(String message) {
      super(message);
    }
  }

  /** What was sent is not what the protocol says. */
  public static final class BadMessage extends AgentException {
    private static final long serialVersionUID = 1L;

    public BadMessage(String message) {
      super(message);
    }
  }
}
