package dev.notebay.storage.grpc;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/** Texts that people and programs send where a path is expected. */
final class PathCorpus {
  private static final List<String> ODD =
      List.of(
          "",
          ".",
          "..",
          "...",
          "/",
          "//",
          "\\",
          "\\..\\",
          "~",
          "-rf",
          "*",
          " ",
          "\u0000",
          "a\u0000",
          "\u0000/..",
          "a\nb",
          "\r",
          "\t",
          "\u007f",
          "\u0085",
          "%2e%2e",
          "%2e%2e%2f",
          "..%2f",
          "%252e%252e%252f",
          "..%c0%af",
          "..\u2215",
          "\uFF0E\uFF0E",
          "\u2024\u2024",
          "\u202e",
          "\u200b..",
          "é",
          "é",
          "模型",
          "😀",
          "a".repeat(255),
          "a".repeat(256),
          "é".repeat(128),
          "a/".repeat(2047) + "a",
          "a/".repeat(2049),
          "x".repeat(100_000),
          "/etc/passwd",
          "/proc/self/root",
          "file:///etc/passwd",
          "C:\\",
          "\\\\host\\share",
          "volumes/u1",
          "u1",
          "u1x",
          "u10",
          "u1/../u1x",
          "CON",
          "nul",
          ".ssh",
          ".notebay-upload-",
          "link",
          "link/secret",
          "link/../secret",
          "up",
          "up/secret",
          "fifo",
          "d",
          "d/f",
          "d/./f",
          "d//f",
          "d/f/",
          "d/f/..",
          "d/../../secret",
          "/dev/stdin",
          "/proc/self/fd/0",
          "$HOME",
          "`id`",
          "${jndi:ldap://x}",
          "';DROP TABLE volume;--");

  private PathCorpus() {}

  /** Some thousand texts; {@code siblings} are names beside the volume's directory on disk. */
  static Set<String> of(List<String> siblings, long seed) {
    Set<String> corpus = new LinkedHashSet<>(ODD);
    List<String> parts = new ArrayList<>(ODD);
    parts.removeIf(part -> part.length() > 300);
    parts.addAll(siblings);
    for (String sibling : siblings) {
      for (int depth = 0; depth < 8; depth++) {
        corpus.add("../".repeat(depth) + sibling + "/secret");
        corpus.add("d/" + "../".repeat(depth) + sibling + "/secret");
        corpus.add("/" + "../".repeat(depth) + sibling + "/secret");
        corpus.add("%2e%2e%2f".repeat(depth) + sibling + "/secret");
        corpus.add("..\\".repeat(depth) + sibling + "\\secret");
        corpus.add("....//".repeat(depth) + sibling + "/secret");
      }
    }
    var random = new SplittableRandom(seed);
    while (corpus.size() < 3000) {
      var text = new StringBuilder(random.nextInt(4) == 0 ? "/" : "");
      for (int at = random.nextInt(1, 6); at > 0; at--) {
        text.append(parts.get(random.nextInt(parts.size())));
        text.append(random.nextInt(8) == 0 ? "" : "/");
      }
      corpus.add(random.nextBoolean() ? text.toString() : text + "secret");
    }
    return corpus;
  }
}
