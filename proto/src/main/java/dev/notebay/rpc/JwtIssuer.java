package dev.notebay.rpc;

import dev.notebay.rpc.Caller.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Locale;
import java.util.Set;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.NumericDate;
import org.jose4j.lang.JoseException;

/**
 * Signs the tokens of a single machine with its own key; {@link JwtAuthenticator#trustingLocalKey}
 * accepts them.
 */
public final class JwtIssuer {
  private final PrivateKey key;

  /**
   * @param key of the curve P-256
   */
  public JwtIssuer(PrivateKey key) {
    this.key = key;
  }

  /**
   * Reads the key from a PEM file (PKCS #8).
   *
   * @throws IOException when it cannot be read or is no such key; the message says which
   */
  public static JwtIssuer of(Path privateKey) throws IOException {
    String base64 =
        Files.readString(privateKey).replaceAll("-----[A-Z ]+-----", "").replaceAll("\\s", "");
    try {
      return new JwtIssuer(
          KeyFactory.getInstance("EC")
              .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64))));
    } catch (GeneralSecurityException | IllegalArgumentException malformed) {
      throw new IOException(privateKey + " (expected: an EC private key, PKCS #8, PEM)", malformed);
    }
  }

  /**
   * A token for {@code subject}.
   *
   * @param roles beyond touching what belongs to the subject
   * @param now when it begins to hold
   * @param life how long it holds
   */
  public String issue(String subject, Set<Role> roles, Instant now, Duration life) {
    var claims = new JwtClaims();
    claims.setIssuer(JwtAuthenticator.LOCAL_ISSUER);
    claims.setAudience(JwtAuthenticator.AUDIENCE);
    claims.setSubject(subject);
    claims.setGeneratedJwtId();
    claims.setIssuedAt(NumericDate.fromSeconds(now.getEpochSecond()));
    claims.setExpirationTime(NumericDate.fromSeconds(now.plus(life).getEpochSecond()));
    claims.setStringListClaim(
        "groups",
        roles.stream().map(role -> "notebay:" + role.name().toLowerCase(Locale.ROOT)).toList());
    var signature = new JsonWebSignature();
    signature.setAlgorithmHeaderValue(AlgorithmIdentifiers.ECDSA_USING_P256_CURVE_AND_SHA256);
    signature.setPayload(claims.toJson());
    signature.setKey(key);
    try {
      return signature.getCompactSerialization();
    } catch (JoseException failure) {
      throw new IllegalStateException("cannot sign with the key of this machine", failure);
    }
  }
}
