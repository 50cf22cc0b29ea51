package dev.notebay.rpc;

import dev.notebay.rpc.Caller.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jwa.AlgorithmConstraints.ConstraintType;
import org.jose4j.jwk.HttpsJwks;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.MalformedClaimException;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jose4j.jwt.consumer.JwtConsumer;
import org.jose4j.jwt.consumer.JwtConsumerBuilder;
import org.jose4j.keys.resolvers.HttpsJwksVerificationKeyResolver;

/**
 * Accepts JSON Web Tokens of one issuer, for the audience {@value #AUDIENCE}, signed with ES256 or
 * RS256 and with an end. The claim {@code groups} gives roles: {@code notebay:service}, {@code
 * notebay:admin}.
 */
public final class JwtAuthenticator implements Authenticator {
  /** Issuer of the tokens that a single machine's command line mints for its own user. */
  public static final String LOCAL_ISSUER = "notebay-local";

  /** Audience that a token must name. */
  public static final String AUDIENCE = "notebay";

  private static final Map<String, Role> ROLE_OF_GROUP =
      Map.of("notebay:service", Role.SERVICE, "notebay:admin", Role.ADMIN);
  private static final int CLOCK_SKEW_SECONDS = 5;
  private static final int MAXIMUM_TOKEN_LENGTH = 8192;

  private final Predicate<String> signature;
  private final JwtConsumer consumer;

  private JwtAuthenticator(Predicate<String> signature, JwtConsumer consumer) {
    this.signature = signature;
    this.consumer = consumer;
  }

  /**
   * Trusts an OpenID Connect issuer.
   *
   * @param issuer the {@code iss} that tokens must carry
   * @param keySet the address of its JSON Web Key Set; fetched when first needed, and again for an
   *     unknown key
   */
  public static JwtAuthenticator trusting(String issuer, String keySet) {
    return new JwtAuthenticator(
        _ -> true,
        expecting(issuer)
            .setJwsAlgorithmConstraints(
                new AlgorithmConstraints(
                    ConstraintType.PERMIT,
                    AlgorithmIdentifiers.ECDSA_USING_P256_CURVE_AND_SHA256,
                    AlgorithmIdentifiers.RSA_USING_SHA256))
            .setVerificationKeyResolver(new HttpsJwksVerificationKeyResolver(new HttpsJwks(keySet)))
            .build());
  }

  /**
   * Trusts the key pair of this machine.
   *
   * @param publicKey its public half: an EC key as PEM
   * @throws IllegalArgumentException when the file cannot be read or is no such key
   */
  public static JwtAuthenticator trustingLocalKey(Path publicKey) {
    // jose4j tries out every algorithm it knows before it first verifies, 0.1 s that each session
    // would wait for.
    return new JwtAuthenticator(
        new Es256Signature(read(publicKey)),
        expecting(LOCAL_ISSUER).setSkipSignatureVerification().build());
  }

  private static JwtConsumerBuilder expecting(String issuer) {
    return new JwtConsumerBuilder()
        .setExpectedIssuer(issuer)
        .setExpectedAudience(AUDIENCE)
        .setRequireSubject()
        .setRequireExpirationTime()
        .setAllowedClockSkewInSeconds(CLOCK_SKEW_SECONDS);
  }

  private static PublicKey read(Path publicKey) {
    try {
      String base64 =
          Files.readString(publicKey).replaceAll("-----[A-Z ]+-----", "").replaceAll("\\s", "");
      return KeyFactory.getInstance("EC")
          .generatePublic(new X509EncodedKeySpec(Base64.getDecoder().decode(base64)));
    } catch (IOException | GeneralSecurityException malformed) {
      throw new IllegalArgumentException(
          "cannot read " + publicKey + " (expected: an EC public key as PEM)", malformed);
    }
  }

  @Override
  public Optional<Caller> authenticate(String token) {
    if (token.length() > MAXIMUM_TOKEN_LENGTH || !signature.test(token)) {
      return Optional.empty();
    }
    try {
      JwtClaims claims = consumer.processToClaims(token);
      String subject = claims.getSubject();
      return subject.isBlank()
          ? Optional.empty()
          : Optional.of(new Caller(subject, rolesOf(claims)));
    } catch (InvalidJwtException | MalformedClaimException refused) {
      return Optional.empty();
    }
  }

  private static Set<Role> rolesOf(JwtClaims claims) throws MalformedClaimException {
    Set<Role> roles = EnumSet.noneOf(Role.class);
    if (claims.hasClaim("groups")) {
      for (String group : claims.getStringListClaimValue("groups")) {
        Role role = ROLE_OF_GROUP.get(group);
        if (role != null) {
          roles.add(role);
        }
      }
    }
    return roles;
  }
}
