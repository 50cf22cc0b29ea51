package dev.notebay.scheduler.core.launch;

import dev.notebay.scheduler.core.session.SessionId;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The secrets with which agents prove which runtime they are: HMAC-SHA256 (RFC 2104) of the
 * runtime's name under the installation's key. Nothing is stored, so nothing can leak from the
 * database, and every replica can verify.
 */
public final class RuntimeSecrets {
  private static final String ALGORITHM = "HmacSHA256";
  private static final String CONTEXT = "runtime|";

  private final SecretKeySpec key;

  /**
   * @param installationKey at least 32 random bytes
   */
  public RuntimeSecrets(byte[] installationKey) {
    if (installationKey.length < 32) {
      throw new IllegalArgumentException(
          "installationKey: " + installationKey.length + " bytes (expected: >= 32)");
    }
    this.key = new SecretKeySpec(installationKey, ALGORITHM);
  }

  /**
   * What the runtime's agent sends as its bearer token: {@code <session>.<attempt>.<hexadecimal>}.
   */
  public String bearerOf(RuntimeName name) {
    return name.session() + "." + name.attempt() + "." + HexFormat.of().formatHex(mac(name));
  }

  /**
   * Which runtime holds {@code bearer}, if it proves one. Takes as long for a wrong one as for a
   * right one.
   */
  public Optional<RuntimeName> verify(String bearer) {
    String[] parts = bearer.split("\\.", 4);
    if (parts.length != 3 || !parts[1].matches("[1-9][0-9]{0,8}")) {
      return Optional.empty();
    }
    return SessionId.parse(parts[0])
        .map(id -> new RuntimeName(id, Integer.parseInt(parts[1])))
        .filter(
            name ->
                MessageDigest.isEqual(
                    HexFormat.of().formatHex(mac(name)).getBytes(StandardCharsets.US_ASCII),
                    parts[2].getBytes(StandardCharsets.UTF_8)));
  }

  private byte[] mac(RuntimeName name) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      return mac.doFinal(
          (CONTEXT + name.session() + "|" + name.attempt()).getBytes(StandardCharsets.US_ASCII));
    } catch (GeneralSecurityException missing) {
      throw new IllegalStateException("every JDK has " + ALGORITHM, missing);
    }
  }
}
