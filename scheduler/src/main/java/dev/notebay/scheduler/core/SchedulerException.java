package dev.notebay.scheduler.core;

import java.util.Map;

/** A failure that a caller can act on; every kind has exactly one gRPC status. */
public abstract sealed class SchedulerException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  SchedulerException(String message) {
    super(message);
  }

  SchedulerException(String message, Throwable cause) {
    super(message, cause);
  }

  /** A field of a request is wrong. */
  public static final class InvalidField extends SchedulerException {
    private static final long serialVersionUID = 1L;

    private final String field;
    private final String value;
    private final String expected;

    public InvalidField(String field, String value, String expected) {
      super(field + ": " + value + " (expected: " + expected + ")");
      this.field = field;
      this.value = value;
      this.expected = expected;
    }

    public String field() {
      return field;
    }

    public String value() {
      return value;
    }

    public String expected() {
      return expected;
    }
  }

  /** The caller has no such session: it is missing or somebody else's, and which is not told. */
  public static final class SessionNotFound extends SchedulerException {
    private static final long serialVersionUID = 1L;

    private final String session;

    public SessionNotFound(String session) {
      super("session not found: " + session);
      this.session = session;
    }

    public String session() {
      return session;
    }
  }

  /** The caller has as many unfinished sessions as one person may have. */
  public static final class TooManySessions extends SchedulerException {
    private static final long serialVersionUID = 1L;

    private final int limit;

    public TooManySessions(int limit) {
      super(
          "you have "
              + limit
              + " unfinished sessions, which is the limit for one person; stop one first");
      this.limit = limit;
    }

    public int limit() {
      return limit;
    }
  }

  /** The request id was used before, for something else. */
  public static final class RequestIdReused extends SchedulerException {
    private static final long serialVersionUID = 1L;

    private final String requestId;

    public RequestIdReused(String requestId) {
      super("request_id was used before with another request: " + requestId);
      this.requestId = requestId;
    }

    public String requestId() {
      return requestId;
    }
  }

  /** This fleet can never give what was asked, even when empty. */
  public static final class Impossible extends SchedulerException {
    private static final long serialVersionUID = 1L;

    private final String reason;
    private final Map<String, String> metadata;

    /**
     * @param reason UPPER_SNAKE
     * @param message what was asked and what would be possible
     * @param metadata the values in the message, by name
     */
    public Impossible(String reason, String message, Map<String, String> metadata) {
      super(message);
      this.reason = reason;
      this.metadata = Map.copyOf(metadata);
    }

    public String reason() {
      return reason;
    }

    public Map<String, String> metadata() {
      return metadata;
    }
  }

  /** There is no such queue. */
  public static final class QueueNotFound extends SchedulerException {
    private static final long serialVersionUID = 1L;

    private final String queue;
    private final String possible;

    /**
     * @param possible names of those that there are
     */
    public QueueNotFound(String queue, String possible) {
      super("no queue " + queue + "; there are: " + possible);
      this.queue = queue;
      this.possible = possible;
    }

    public String queue() {
      return queue;
    }

    public String possible() {
      return possible;
    }
  }

  /** A queue cannot go while unfinished sessions are in it. */
  public static final class QueueInUse extends SchedulerException {
    private static final long serialVersionUID = 1L;

    private final String queue;
    private final long sessions;

    public QueueInUse(String queue, long sessions) {
      super(
          "queue "
              + queue
              + " has "
              + sessions
              + " unfinished sessions; it can be removed when they are over");
      this.queue = queue;
      this.sessions = sessions;
    }

    public String queue() {
      return queue;
    }

    public long sessions() {
      return sessions;
    }
  }

  /** Only an operator may do this. */
  public static final class AdminRequired extends SchedulerException {
    private static final long serialVersionUID = 1L;

    private final String operation;

    /**
     * @param operation that was refused
     */
    public AdminRequired(String operation) {
      super(operation + " needs the role admin (the group 'notebay:admin' in your token)");
      this.operation = operation;
    }

    public String operation() {
      return operation;
    }
  }

  /** What the caller looked at has changed since. */
  public static final class EtagMismatch extends SchedulerException {
    private static final long serialVersionUID = 1L;

    private final String etag;

    public EtagMismatch(String etag) {
      this("the session has", etag);
    }

    /**
     * @param what such as "the session has"
     */
    public EtagMismatch(String what, String etag) {
      super(what + " changed: etag " + etag + " is not the present one");
      this.etag = etag;
    }

    public String etag() {
      return etag;
    }
  }

  /** The session is in a state in which this cannot be done. */
  public static final class WrongState extends SchedulerException {
    private static final long serialVersionUID = 1L;

    private final String state;

    public WrongState(String what, String state) {
      super(what + " (the session is " + state + ")");
      this.state = state;
    }

    public String state() {
      return state;
    }
  }

  /** A runtime asked for a session that is not, or no longer, its own. */
  public static final class ClaimRefused extends SchedulerException {
    private static final long serialVersionUID = 1L;

    public ClaimRefused(String message) {
      super(message);
    }
  }

  /** The cluster does not answer now; trying again makes sense. */
  public static final class ClusterUnavailable extends SchedulerException {
    private static final long serialVersionUID = 1L;

    public ClusterUnavailable(String message) {
      super(message);
    }

    public ClusterUnavailable(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** The database does not answer now; trying again makes sense. */
  public static final class StoreUnavailable extends SchedulerException {
    private static final long serialVersionUID = 1L;

    public StoreUnavailable(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
