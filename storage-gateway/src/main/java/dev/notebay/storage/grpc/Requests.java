package dev.notebay.storage.grpc;

import com.google.protobuf.FieldMask;
import dev.notebay.proto.volume.v1.Volume;
import dev.notebay.rpc.Caller;
import dev.notebay.storage.core.volume.AccessMode;
import dev.notebay.storage.core.volume.Owner;
import dev.notebay.storage.core.volume.Quota;
import dev.notebay.storage.core.volume.SessionId;
import dev.notebay.storage.core.volume.StorageException.InvalidField;
import dev.notebay.storage.core.volume.StorageException.NotPermitted;
import dev.notebay.storage.core.volume.VolumeId;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/** Reads what came from outside; whatever is wrong is refused with the field's name. */
final class Requests {
  private static final String COLLECTION = "volumes/";
  private static final int UUID_LENGTH = 36;
  private static final int MAXIMUM_NODE_LENGTH = 253;
  static final String DISPLAY_NAME = "display_name";
  static final String QUOTA_BYTES = "quota_bytes";
  private static final Set<String> OUTPUT_ONLY =
      Set.of(
          "owner",
          "state",
          "create_time",
          "update_time",
          "delete_time",
          "expire_time",
          "usage",
          "mounts",
          "etag");

  private Requests() {}

  static Owner caller() {
    return Owner.parse("token subject", Caller.current().subject());
  }

  static boolean privileged() {
    Caller caller = Caller.current();
    return caller.has(Caller.Role.SERVICE) || caller.has(Caller.Role.ADMIN);
  }

  static void requireService() {
    if (!Caller.current().has(Caller.Role.SERVICE)) {
      throw new NotPermitted("mounting and unmounting", "role service");
    }
  }

  static VolumeId volumeName(String field, String name) {
    if (!name.startsWith(COLLECTION)) {
      throw new InvalidField(field, shown(name), "volumes/{volume_id}");
    }
    return VolumeId.parse(field, name.substring(COLLECTION.length()));
  }

  static UUID uuid(String field, String text) {
    if (text.length() == UUID_LENGTH) {
      try {
        UUID uuid = UUID.fromString(text);
        if (uuid.toString().equals(text.toLowerCase(Locale.ROOT))) {
          return uuid;
        }
      } catch (IllegalArgumentException notOne) {
        throw new InvalidField(field, shown(text), "a UUID");
      }
    }
    throw new InvalidField(field, shown(text), "a UUID");
  }

  static SessionId session(String field, String text) {
    return new SessionId(uuid(field, text));
  }

  static int attempt(String field, int attempt) {
    if (attempt < 1) {
      throw new InvalidField(field, Integer.toString(attempt), ">= 1");
    }
    return attempt;
  }

  static String node(String field, String node) {
    if (node.length() > MAXIMUM_NODE_LENGTH || node.chars().anyMatch(Character::isISOControl)) {
      throw new InvalidField(field, shown(node), "at most 253 characters, none of them control");
    }
    return node;
  }

  static String displayName(String field, String name) {
    if (name.codePointCount(0, name.length()) > maximumDisplayName()
        || name.length() > maximumDisplayName()
        || name.chars().anyMatch(Character::isISOControl)) {
      throw new InvalidField(field, shown(name), "at most 100 characters, none of them control");
    }
    return name;
  }

  private static int maximumDisplayName() {
    return dev.notebay.storage.core.volume.Volume.MAXIMUM_DISPLAY_NAME;
  }

  static Quota quota(String field, long bytes) {
    return new Quota(notNegative(field, bytes));
  }

  static long notNegative(String field, long number) {
    if (number < 0) {
      throw new InvalidField(field, Long.toString(number), ">= 0");
    }
    return number;
  }

  static AccessMode accessMode(String field, Volume.AccessMode mode) {
    return switch (mode) {
      case ACCESS_MODE_UNSPECIFIED, ACCESS_MODE_MULTI_WRITER -> AccessMode.MULTI_WRITER;
      case ACCESS_MODE_SINGLE_WRITER -> AccessMode.SINGLE_WRITER;
      case UNRECOGNIZED ->
          throw new InvalidField(
              field, "unknown", "ACCESS_MODE_MULTI_WRITER or ACCESS_MODE_SINGLE_WRITER");
    };
  }

  /** 0 is {@code standard}; what is beyond {@code maximum} becomes it. */
  static int pageSize(int wanted, int standard, int maximum) {
    int size = (int) notNegative("page_size", wanted);
    return size == 0 ? standard : Math.min(size, maximum);
  }

  /** Which of {@link #DISPLAY_NAME} and {@link #QUOTA_BYTES} shall be changed. */
  static Set<String> changed(FieldMask mask, Volume volume) {
    List<String> paths = mask.getPathsList();
    Set<String> changed = new TreeSet<>();
    if (paths.isEmpty()) {
      if (!volume.getDisplayName().isEmpty()) {
        changed.add(DISPLAY_NAME);
      }
      if (volume.getQuotaBytes() != 0) {
        changed.add(QUOTA_BYTES);
      }
    }
    for (String path : paths) {
      if (path.equals("*")) {
        changed.addAll(Set.of(DISPLAY_NAME, QUOTA_BYTES));
      } else if (path.equals(DISPLAY_NAME) || path.equals(QUOTA_BYTES)) {
        changed.add(path);
      } else if (!OUTPUT_ONLY.contains(path)) {
        throw new InvalidField("update_mask", shown(path), "display_name, quota_bytes or *");
      }
    }
    return changed;
  }

  /** Somebody's text as it may stand in a message or a log. */
  private static String shown(String text) {
    var shown = new StringBuilder();
    text.codePoints()
        .limit(100)
        .map(c -> Character.isISOControl(c) ? 0xFFFD : c)
        .forEach(shown::appendCodePoint);
    return shown.toString();
  }
}
