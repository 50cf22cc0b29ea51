package dev.notebay.storage.grpc;

import dev.notebay.storage.core.volume.StorageException.InvalidField;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;

/**
 * Where a list goes on: the last key shown, bound to the arguments of the list. It grants nothing:
 * whoever makes one up reads only what they may read anyway.
 */
final class PageToken {
  private static final int DIGEST_BYTES = 12;

  private final byte[] digest;

  private PageToken(byte[] digest) {
    this.digest = digest;
  }

  /** Tokens of a list with these arguments, the caller among them. */
  static PageToken of(String... arguments) {
    MessageDigest digest = sha256();
    for (String argument : arguments) {
      byte[] bytes = argument.getBytes(StandardCharsets.UTF_8);
      digest.update((bytes.length + ":").getBytes(StandardCharsets.UTF_8));
      digest.update(bytes);
    }
    return new PageToken(Arrays.copyOf(digest.digest(), DIGEST_BYTES));
  }

  String encode(byte[] lastKey) {
    byte[] token = Arrays.copyOf(digest, digest.length + lastKey.length);
    System.arraycopy(lastKey, 0, token, digest.length, lastKey.length);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(token);
  }

  /** The last key in {@code token}; none in an empty one. */
  byte[] decode(String token) {
    if (token.isEmpty()) {
      return new byte[0];
    }
    byte[] bytes;
    try {
      bytes = Base64.getUrlDecoder().decode(token);
    } catch (IllegalArgumentException malformed) {
      throw wrong();
    }
    if (bytes.length <= DIGEST_BYTES
        || !Arrays.equals(bytes, 0, DIGEST_BYTES, digest, 0, DIGEST_BYTES)) {
      throw wrong();
    }
    return Arrays.copyOfRange(bytes, DIGEST_BYTES, bytes.length);
  }

  private static InvalidField wrong() {
    return new InvalidField(
        "page_token", "not accepted", "the next_page_token of a list with the same arguments");
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
