package dev.notebay.agent.core.wire;

import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** HMAC-SHA256 with one kernel's key. */
public final class Signing {
  private static final String ALGORITHM = "HmacSHA256";
  private final SecretKeySpec key;

  /**
   * @param key as it is in the connection file: its characters are the key
   */
  public Signing(String key) {
    this.key = new SecretKeySpec(key.getBytes(StandardCharsets.US_ASCII), ALGORITHM);
  }

  /** The signature as Jupyter writes it: hexadecimal, lower case. */
  public byte[] sign(WireMessage message) {
    Mac mac = mac();
    mac.update(message.header());
    mac.update(message.parentHeader());
    mac.update(message.metadata());
    mac.update(message.content());
    return HexFormat.of().formatHex(mac.doFinal()).getBytes(StandardCharsets.US_ASCII);
  }

  /** In a time that does not depend on where they differ. */
  public boolean verify(WireMessage message, byte[] signature) {
    return MessageDigest.isEqual(sign(message), signature);
  }

  private Mac mac() {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      return mac;
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new IllegalStateException("every Java platform has HmacSHA256", e);
    }
  }
}
