package dev.notebay.scheduler.local;

import dev.notebay.scheduler.core.launch.RuntimeName;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The secret of each runtime, derived from the installation's key: nothing is stored, and knowing
 * one secret tells nothing about another.
 */
public final class RuntimeSecrets {
  private static final String ALGORITHM = "HmacSHA256";
  private static final int KEY_LENGTH = 32;

  private final SecretKeySpec key;

  /**
   * @param key the installation's key, at least 32 random bytes
   */
  public RuntimeSecrets(byte[] key) {
    if (key.length < KEY_LENGTH) {
      throw new IllegalArgumentException(
          "installation key: " + key.length + " bytes (expected: at least " + KEY_LENGTH + ")");
    }
    this.key = new SecretKeySpec(key, ALGORITHM);
  }

  /** Reads {@code keys/installation.key} of the state directory. */
  public static RuntimeSecrets read(Path home) throws IOException {
    return new RuntimeSecrets(Files.readAllBytes(home.resolve("keys/installation.key")));
  }

  /** The runtime's secret in hexadecimal. */
  public String secretOf(RuntimeName runtime) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      String text = "runtime|" + runtime.session() + "|" + runtime.attempt();
      return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** Whether {@code secret} is the runtime's; takes as long whether or not it is. */
  public boolean isSecretOf(RuntimeName runtime, String secret) {
    return MessageDigest.isEqual(
        secretOf(runtime).getBytes(StandardCharsets.UTF_8),
        secret.getBytes(StandardCharsets.UTF_8));
  }
}
