package dev.notebay.reliability.crash;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A named point of a program's code: {@code package.Class.method@entry}, {@code …@exit} (before
 * every return), {@code …@before:callee} or {@code …@after:callee} (every call of that name in the
 * method). {@code method(2)} is the overload with two parameters, {@code #3} the third passage.
 *
 * @param type the class's name
 * @param parameters how many the method has; any where there is no overload to be told apart
 * @param callee the method called, for {@link Where#BEFORE} and {@link Where#AFTER}
 * @param hit at which passage the process ends, from 1
 */
public record CrashPoint(
    String type,
    String method,
    OptionalInt parameters,
    Where where,
    Optional<String> callee,
    int hit) {
  private static final Pattern SYNTAX =
      Pattern.compile(
          "(?<type>[\\w.$]+)\\.(?<method>[\\w$]+|<init>)(\\((?<parameters>\\d+)\\))?"
              + "@(?<where>entry|exit|before|after)(:(?<callee>\\w+))?(#(?<hit>\\d+))?");

  /** Where in the method. */
  public enum Where {
    ENTRY,
    EXIT,
    BEFORE,
    AFTER
  }

  public CrashPoint {
    if (callee.isPresent() != (where == Where.BEFORE || where == Where.AFTER)) {
      throw new IllegalArgumentException("callee: " + callee + " (expected: for before and after)");
    }
    if (hit < 1) {
      throw new IllegalArgumentException("hit: " + hit + " (expected: >= 1)");
    }
  }

  /** Reads what {@link #toString()} writes. */
  public static CrashPoint parse(String text) {
    Matcher read = SYNTAX.matcher(text);
    if (!read.matches()) {
      throw new IllegalArgumentException(
          "crash point: " + text + " (expected: package.Class.method@entry, @after:callee#2, …)");
    }
    return new CrashPoint(
        read.group("type"),
        read.group("method"),
        number(read.group("parameters")),
        Where.valueOf(read.group("where").toUpperCase(java.util.Locale.ROOT)),
        Optional.ofNullable(read.group("callee")),
        number(read.group("hit")).orElse(1));
  }

  private static OptionalInt number(@org.jspecify.annotations.Nullable String text) {
    return text == null ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(text));
  }

  /** The class's name as in class files. */
  String internalType() {
    return type.replace('.', '/');
  }

  @Override
  public String toString() {
    return type
        + "."
        + method
        + (parameters.isPresent() ? "(" + parameters.getAsInt() + ")" : "")
        + "@"
        + where.name().toLowerCase(java.util.Locale.ROOT)
        + callee.map(name -> ":" + name).orElse("")
        + (hit > 1 ? "#" + hit : "");
  }
}
