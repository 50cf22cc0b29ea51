package dev.notebay.agent.core.content;

/** A failure with a file that a client can act on. */
public abstract sealed class ContentException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ContentException(String message) {
    super(message);
  }

  /** Nothing is there, or nothing that may be shown. */
  public static final class NotFound extends ContentException {
    private static final long serialVersionUID = 1L;

    public NotFound(String path) {
      super("no such file or directory: " + path);
    }
  }

  /** What is there is not of the kind that was asked for. */
  public static final class WrongKind extends ContentException {
    private static final long serialVersionUID = 1L;

    public WrongKind(String message) {
      super(message);
    }
  }

  /** Something is there already. */
  public static final class Exists extends ContentException {
    private static final long serialVersionUID = 1L;

    public Exists(String path) {
      super("file already exists: " + path);
    }
  }

  /** It is larger than this way of reading allows. */
  public static final class TooLarge extends ContentException {
    private static final long serialVersionUID = 1L;

    public TooLarge(String path, long limit) {
      super(path + " is larger than " + limit + " bytes");
    }
  }

  /** The file system refused: read-only, no permission, no space. */
  public static final class Refused extends ContentException {
    private static final long serialVersionUID = 1L;

    public Refused(String message) {
      super(message);
    }
  }
}
