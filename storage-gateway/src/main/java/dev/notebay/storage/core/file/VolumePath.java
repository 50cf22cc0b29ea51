package dev.notebay.storage.core.file;

import dev.notebay.storage.core.volume.StorageException.InvalidField;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A place in a volume, relative to its root: components, none of which can mean anything but a
 * name. Whether the place is beneath the root is not decided here but by the kernel, when it is
 * opened.
 */
public record VolumePath(List<String> components) {
  public static final VolumePath ROOT = new VolumePath(List.of());

  private static final int MAXIMUM_BYTES = 4096;
  private static final int MAXIMUM_COMPONENT_BYTES = 255;

  public VolumePath {
    components = List.copyOf(components);
    for (String component : components) {
      String problem = problemOf(component);
      if (!problem.isEmpty()) {
        throw new IllegalArgumentException("path component: " + component + ": " + problem);
      }
    }
  }

  /**
   * The path in {@code text}, which came from outside in {@code field}; empty text is the root.
   *
   * @throws InvalidField where it is none
   */
  public static VolumePath parse(String field, String text) {
    if (text.isEmpty()) {
      return ROOT;
    }
    if (text.length() > MAXIMUM_BYTES
        || text.getBytes(StandardCharsets.UTF_8).length > MAXIMUM_BYTES) {
      throw new InvalidField(field, printable(text), "at most 4096 bytes");
    }
    if (text.startsWith("/")) {
      throw new InvalidField(
          field, printable(text), "a path relative to the volume's root, without a leading '/'");
    }
    List<String> components = List.of(text.split("/", -1));
    for (String component : components) {
      String problem = problemOf(component);
      if (!problem.isEmpty()) {
        throw new InvalidField(field, printable(text), problem);
      }
    }
    return new VolumePath(components);
  }

  private static String problemOf(String component) {
    if (component.isEmpty()) {
      return "components separated by single '/'";
    }
    if (component.equals(".") || component.equals("..")) {
      return "no component '.' or '..'";
    }
    if (component.length() > MAXIMUM_COMPONENT_BYTES
        || component.getBytes(StandardCharsets.UTF_8).length > MAXIMUM_COMPONENT_BYTES) {
      return "components of at most 255 bytes";
    }
    for (int at = 0; at < component.length(); ) {
      int c = component.codePointAt(at);
      if (Character.isISOControl(c) || c == '/') {
        return "no control characters";
      }
      if (Character.getType(c) == Character.SURROGATE) {
        return "valid Unicode";
      }
      at += Character.charCount(c);
    }
    return "";
  }

  private static String printable(String text) {
    var shown = new StringBuilder();
    text.codePoints()
        .limit(100)
        .forEach(
            c ->
                shown.appendCodePoint(
                    Character.isISOControl(c) || Character.getType(c) == Character.SURROGATE
                        ? 0xFFFD
                        : c));
    return shown.toString();
  }

  public boolean isRoot() {
    return components.isEmpty();
  }

  /** The directory that holds it; the root is its own. */
  public VolumePath parent() {
    return isRoot() ? this : new VolumePath(components.subList(0, components.size() - 1));
  }

  /** The last component. */
  public String name() {
    return components.getLast();
  }

  @Override
  public String toString() {
    return String.join("/", components);
  }
}
