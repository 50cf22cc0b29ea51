package dev.notebay.rpc;

import dev.notebay.rpc.Caller.Role;
import io.smallrye.jwt.algorithm.SignatureAlgorithm;
import io.smallrye.jwt.auth.principal.DefaultJWTParser;
import io.smallrye.jwt.auth.principal.JWTAuthContextInfo;
import io.smallrye.jwt.auth.principal.JWTParser;
import io.smallrye.jwt.auth.principal.ParseException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.eclipse.microprofile.jwt.JsonWebToken;

/**
 * Accepts JSON Web Tokens signed with ES256 or RS256 whose issuer and audience are the expected
 * ones. The claim {@code groups} gives roles: {@code notebay:service}, {@code notebay:admin}.
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

  private final JWTParser parser;

  private JwtAuthenticator(JWTParser parser) {
    this.parser = parser;
  }

  /**
   * Trusts one issuer.
   *
   * @param issuer the {@code iss} that tokens must carry
   * @param publicKeys a PEM file with the public key, or the {@code https} address of a JSON Web
   *     Key Set
   * @param algorithm how tokens are signed
   */
  public static JwtAuthenticator trusting(
      String issuer, String publicKeys, SignatureAlgorithm algorithm) {
    var trust = new JWTAuthContextInfo(publicKeys, issuer);
    trust.setSignatureAlgorithm(Set.of(algorithm));
    trust.setExpectedAudience(Set.of(AUDIENCE));
    trust.setClockSkew(CLOCK_SKEW_SECONDS);
    trust.setRequiredClaims(Set.of("sub", "exp"));
    return new JwtAuthenticator(new DefaultJWTParser(trust));
  }

  /** Trusts the key pair of this machine, whose public half is in {@code publicKey}. */
  public static JwtAuthenticator trustingLocalKey(Path publicKey) {
    return trusting(LOCAL_ISSUER, publicKey.toUri().toString(), SignatureAlgorithm.ES256);
  }

  @Override
  public Optional<Caller> authenticate(String token) {
    if (token.length() > MAXIMUM_TOKEN_LENGTH) {
      return Optional.empty();
    }
    try {
      JsonWebToken jwt = parser.parse(token);
      String subject = jwt.getSubject();
      return subject == null || subject.isBlank()
          ? Optional.empty()
          : Optional.of(new Caller(subject, rolesOf(jwt)));
    } catch (ParseException refused) {
      return Optional.empty();
    }
  }

  private static Set<Role> rolesOf(JsonWebToken jwt) {
    Set<Role> roles = EnumSet.noneOf(Role.class);
    for (String group : jwt.getGroups()) {
      Role role = ROLE_OF_GROUP.get(group);
      if (role != null) {
        roles.add(role);
      }
    }
    return roles;
  }
}
