package dev.notebay.rpc;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.util.Base64;
import java.util.Map;
import java.util.function.Predicate;
import org.jose4j.json.JsonUtil;
import org.jose4j.lang.JoseException;

/**
 * Whether a compact JSON Web Signature (RFC 7515) is by one key, with ES256 (RFC 7518, 3.4) and
 * nothing else: the token's own word on its algorithm is only compared, never followed.
 */
final class Es256Signature implements Predicate<String> {
  private static final String ALGORITHM = "ES256";
  private static final String JDK_ALGORITHM = "SHA256withECDSAinP1363Format";

  private final PublicKey key;

  Es256Signature(PublicKey key) {
    this.key = key;
  }

  @Override
  public boolean test(String token) {
    int headerEnd = token.indexOf('.');
    int payloadEnd = token.lastIndexOf('.');
    if (headerEnd < 0 || headerEnd == payloadEnd) {
      return false;
    }
    try {
      Base64.Decoder decoder = Base64.getUrlDecoder();
      Map<String, Object> header =
          JsonUtil.parseJson(
              new String(decoder.decode(token.substring(0, headerEnd)), StandardCharsets.UTF_8));
      // An extension that must be understood is not: there is none that is.
      if (!ALGORITHM.equals(header.get("alg")) || header.containsKey("crit")) {
        return false;
      }
      Signature signature = Signature.getInstance(JDK_ALGORITHM);
      signature.initVerify(key);
      signature.update(token.substring(0, payloadEnd).getBytes(StandardCharsets.US_ASCII));
      return signature.verify(decoder.decode(token.substring(payloadEnd + 1)));
    } catch (IllegalArgumentException | JoseException | GeneralSecurityException malformed) {
      return false;
    }
  }
}
