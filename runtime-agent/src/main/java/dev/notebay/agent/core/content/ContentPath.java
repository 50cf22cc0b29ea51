package dev.notebay.agent.core.content;

import java.util.ArrayList;
import java.util.List;

/**
 * A path beneath the session's files: names only, and none from outside is hidden. What is not such
 * a path is answered like one where nothing is.
 */
public record ContentPath(List<String> names) {
  private static final int MAXIMUM_LENGTH = 4096;
  private static final int MAXIMUM_NAME_LENGTH = 255;

  public ContentPath {
    names = List.copyOf(names);
    for (String name : names) {
      if (name.isEmpty()
          || name.equals(".")
          || name.equals("..")
          || name.length() > MAXIMUM_NAME_LENGTH
          || name.indexOf('/') >= 0
          || name.indexOf('\0') >= 0) {
        throw new ContentException.NotFound(String.join("/", names));
      }
    }
  }

  /** Reads {@code a/b/c} from outside; empty names are dropped. */
  public static ContentPath parse(String text) {
    if (text.length() > MAXIMUM_LENGTH) {
      throw new ContentException.NotFound(text.substring(0, 100) + "…");
    }
    List<String> names = new ArrayList<>();
    for (String name : text.split("/", -1)) {
      if (name.startsWith(".")) {
        throw new ContentException.NotFound(text);
      }
      if (!name.isEmpty()) {
        names.add(name);
      }
    }
    return new ContentPath(names);
  }

  public boolean isRoot() {
    return names.isEmpty();
  }

  /** The last name; empty for the root. */
  public String name() {
    return names.isEmpty() ? "" : names.getLast();
  }

  public ContentPath parent() {
    return new ContentPath(names.subList(0, Math.max(0, names.size() - 1)));
  }

  public ContentPath child(String name) {
    List<String> longer = new ArrayList<>(names);
    longer.add(name);
    return new ContentPath(longer);
  }

  @Override
  public String toString() {
    return String.join("/", names);
  }
}
