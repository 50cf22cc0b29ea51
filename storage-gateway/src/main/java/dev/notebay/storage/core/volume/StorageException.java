package dev.notebay.storage.core.volume;

import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A failure that a caller can act on; every kind has exactly one status at the edge. {@link
 * #details()} holds every value of the message that is not constant.
 */
public abstract sealed class StorageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private static final int MAXIMUM_TEXT = 256;

  private final transient Map<String, String> details;

  private StorageException(String message, Map<String, String> details, @Nullable Throwable cause) {
    super(clipped(message), cause);
    this.details =
        details.entrySet().stream()
            .collect(
                Collectors.toUnmodifiableMap(
                    Map.Entry::getKey, entry -> clipped(entry.getValue())));
  }

  private StorageException(String message, Map<String, String> details) {
    this(message, details, null);
  }

  /** Somebody's path may be long; an answer with it must still fit into a response's trailers. */
  private static String clipped(String text) {
    return text.codePointCount(0, text.length()) <= MAXIMUM_TEXT
        ? text
        : text.substring(0, text.offsetByCodePoints(0, MAXIMUM_TEXT)) + "…";
  }

  public Map<String, String> details() {
    return details;
  }

  /** A value from outside is wrong. */
  public static final class InvalidField extends StorageException {
    private static final long serialVersionUID = 1L;
    private final String field;
    private final String value;
    private final String expected;

    public InvalidField(String field, String value, String expected) {
      super(
          field + ": " + value + " (expected: " + expected + ")",
          Map.of("field", field, "value", value, "expected", expected));
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

  /** The same request id came with another body. */
  public static final class RequestIdReused extends StorageException {
    private static final long serialVersionUID = 1L;

    public RequestIdReused(RequestId id) {
      super(
          "request_id: " + id + " was used for another request (expected: a new UUID)",
          Map.of("request_id", id.toString()));
    }
  }

  /** There is no such volume of this owner; somebody else's looks the same. */
  public static final class VolumeNotFound extends StorageException {
    private static final long serialVersionUID = 1L;

    public VolumeNotFound(VolumeId id) {
      super("no such volume: volumes/" + id, Map.of("name", "volumes/" + id));
    }
  }

  /** The owner has a volume of this id. */
  public static final class VolumeExists extends StorageException {
    private static final long serialVersionUID = 1L;

    public VolumeExists(VolumeId id, boolean inTrash) {
      super(
          inTrash
              ? "volumes/" + id + " is in the trash (restore it with UndeleteVolume)"
              : "volumes/" + id + " exists already",
          Map.of("name", "volumes/" + id, "in_trash", Boolean.toString(inTrash)));
    }
  }

  /** The volume is in the trash, and what was asked needs it restored. */
  public static final class VolumeInTrash extends StorageException {
    private static final long serialVersionUID = 1L;

    public VolumeInTrash(VolumeId id) {
      super(
          "volumes/" + id + " is in the trash (restore it with UndeleteVolume)",
          Map.of("name", "volumes/" + id));
    }
  }

  /** The volume is not in the trash. */
  public static final class VolumeNotInTrash extends StorageException {
    private static final long serialVersionUID = 1L;

    public VolumeNotInTrash(VolumeId id) {
      super(
          "volumes/" + id + " is not in the trash: there is nothing to restore",
          Map.of("name", "volumes/" + id));
    }
  }

  /** A session has the volume mounted. */
  public static final class VolumeMounted extends StorageException {
    private static final long serialVersionUID = 1L;

    public VolumeMounted(VolumeId id, int mounts) {
      super(
          "volumes/" + id + " is mounted by " + mounts + " session(s) (stop them first)",
          Map.of("name", "volumes/" + id, "mounts", Integer.toString(mounts)));
    }
  }

  /** Another session holds a single-writer volume. */
  public static final class VolumeInUse extends StorageException {
    private static final long serialVersionUID = 1L;

    public VolumeInUse(VolumeId id, SessionId holder) {
      super(
          "volumes/" + id + " has a single writer: session " + holder + " (stop it first)",
          Map.of("name", "volumes/" + id, "session_id", holder.toString()));
    }
  }

  /** A newer attempt of the session was seen, or this one was unmounted. */
  public static final class MountFenced extends StorageException {
    private static final long serialVersionUID = 1L;

    public MountFenced(SessionId session, int attempt, int oldestAllowed) {
      super(
          "session "
              + session
              + ": attempt "
              + attempt
              + " is over (expected: >= "
              + oldestAllowed
              + ")",
          Map.of(
              "session_id", session.toString(),
              "attempt", Integer.toString(attempt),
              "oldest_allowed", Integer.toString(oldestAllowed)));
    }
  }

  /** The volume is not what the caller saw last. */
  public static final class EtagMismatch extends StorageException {
    private static final long serialVersionUID = 1L;

    public EtagMismatch(VolumeId id) {
      super(
          "volumes/" + id + " has changed since (read it again)", Map.of("name", "volumes/" + id));
    }
  }

  /** Several changed the volume at once, and this one lost each time. */
  public static final class TooManyWriters extends StorageException {
    private static final long serialVersionUID = 1L;

    public TooManyWriters(VolumeId id) {
      super(
          "volumes/" + id + " is being changed by others (try again)",
          Map.of("name", "volumes/" + id));
    }
  }

  /** The owner may not have more volumes. */
  public static final class TooManyVolumes extends StorageException {
    private static final long serialVersionUID = 1L;

    public TooManyVolumes(int maximum) {
      super(
          "you have " + maximum + " volumes, the trash included (maximum: " + maximum + ")",
          Map.of("maximum", Integer.toString(maximum)));
    }
  }

  /** The caller may not do this, whatever the volume. */
  public static final class NotPermitted extends StorageException {
    private static final long serialVersionUID = 1L;

    public NotPermitted(String what, String whoMay) {
      super(what + " is not yours to do (allowed: " + whoMay + ")", Map.of("allowed", whoMay));
    }
  }

  /** The bytes do not fit into the volume's quota. */
  public static final class QuotaExceeded extends StorageException {
    private static final long serialVersionUID = 1L;

    public QuotaExceeded(VolumeId id, long quotaBytes, long usedBytes, long wantedBytes) {
      super(
          "volumes/"
              + id
              + " is full: "
              + usedBytes
              + " of "
              + quotaBytes
              + " bytes used, at least "
              + wantedBytes
              + " more wanted",
          Map.of(
              "name", "volumes/" + id,
              "quota_bytes", Long.toString(quotaBytes),
              "used_bytes", Long.toString(usedBytes),
              "wanted_bytes", Long.toString(wantedBytes)));
    }
  }

  /** The disk under all volumes has no room, or its file system refuses more. */
  public static final class DiskFull extends StorageException {
    private static final long serialVersionUID = 1L;

    public DiskFull() {
      super("the disk that holds the volumes is full (tell your operator)", Map.of());
    }
  }

  /** The volume is no directory of this service's; whoever mounts it reaches its files. */
  public static final class FilesElsewhere extends StorageException {
    private static final long serialVersionUID = 1L;

    public FilesElsewhere(VolumeId id) {
      super(
          "the files of volumes/"
              + id
              + " are on the cluster, in a claim that only sessions mount"
              + " (start a session with this volume to reach them)",
          Map.of("name", "volumes/" + id));
    }
  }

  /** The cluster has refused or lost the claim behind a volume; somebody has to do something. */
  public static final class ClaimUnusable extends StorageException {
    private static final long serialVersionUID = 1L;

    public ClaimUnusable(String claim, String why) {
      super("the claim " + claim + " cannot be used: " + why, Map.of("claim", claim, "cause", why));
    }
  }

  /** The cluster's API does not answer, or is overloaded. Trying again helps. */
  public static final class ClusterUnavailable extends StorageException {
    private static final long serialVersionUID = 1L;

    public ClusterUnavailable(String why, @Nullable Throwable cause) {
      super("the cluster is not available: " + why, Map.of("cause", why), cause);
    }
  }

  /** There is nothing at the path. */
  public static final class FileNotFound extends StorageException {
    private static final long serialVersionUID = 1L;

    public FileNotFound(String path) {
      super("no such file: " + path, Map.of("path", path));
    }
  }

  /** There is something at the path. */
  public static final class FileExists extends StorageException {
    private static final long serialVersionUID = 1L;

    public FileExists(String path) {
      super("exists already: " + path, Map.of("path", path));
    }
  }

  /** What is at the path is not of the kind that the request needs. */
  public static final class WrongFileType extends StorageException {
    private static final long serialVersionUID = 1L;

    /** What is wrong about it. */
    public enum Problem {
      NOT_A_FILE("not a regular file"),
      NOT_A_DIRECTORY("not a directory, or beneath something that is none"),
      DIRECTORY_NOT_EMPTY("a directory that is not empty"),
      PATH_HAS_LINK("a link, or beneath one: links are never followed"),
      IS_ROOT("the volume's root");

      private final String words;

      Problem(String words) {
        this.words = words;
      }
    }

    private final Problem problem;

    public WrongFileType(String path, Problem problem) {
      super((path.isEmpty() ? "/" : path) + " is " + problem.words, Map.of("path", path));
      this.problem = problem;
    }

    public Problem problem() {
      return problem;
    }
  }

  /** The file system does not let the service do it: permissions, or mounted read-only. */
  public static final class FileNotAllowed extends StorageException {
    private static final long serialVersionUID = 1L;

    public FileNotAllowed(String path) {
      super("the file system does not allow it: " + path, Map.of("path", path));
    }
  }

  /** The database cannot be reached, or is not ready. Trying again helps. */
  public static final class DatabaseUnavailable extends StorageException {
    private static final long serialVersionUID = 1L;

    public DatabaseUnavailable(String why, @Nullable Throwable cause) {
      super("the storage gateway's database is not available: " + why, Map.of("cause", why), cause);
    }
  }

  /** The disk does not answer, or answers with errors. Trying again may help. */
  public static final class DiskUnavailable extends StorageException {
    private static final long serialVersionUID = 1L;

    public DiskUnavailable(String why, @Nullable Throwable cause) {
      super(
          "the disk that holds the volumes is not available: " + why, Map.of("cause", why), cause);
    }
  }
}
