package dev.notebay.scheduler.core.session;

import java.util.regex.Pattern;

/**
 * A container image that a session wants its kernels to run in.
 *
 * @param reference such as {@code registry.example.org/notebooks/torch:2.9}
 * @see <a href="https://github.com/distribution/reference">its grammar</a>
 */
public record Image(String reference) {
  /** What a reference must be, for people. */
  public static final String EXPECTED =
      "an image such as registry.example.org/notebooks/torch:2.9, at most 255 characters";

  private static final int MAXIMUM = 255;
  private static final String WORD = "[a-z0-9]+(?:(?:\\.|__?|-+)[a-z0-9]+)*";
  private static final Pattern REFERENCE =
      Pattern.compile(
          "(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?/)?"
              + WORD
              + "(?:/"
              + WORD
              + ")*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?");

  public Image {
    if (!isReference(reference)) {
      throw new IllegalArgumentException("image: " + reference + " (expected: " + EXPECTED + ")");
    }
  }

  /** Whether {@code text} could name an image. */
  public static boolean isReference(String text) {
    return text.length() <= MAXIMUM && REFERENCE.matcher(text).matches();
  }
}
