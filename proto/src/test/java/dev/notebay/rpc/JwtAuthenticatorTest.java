package dev.notebay.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.rpc.Caller.Role;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.crypto.spec.SecretKeySpec;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.NumericDate;
import org.jose4j.lang.JoseException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class JwtAuthenticatorTest {
  private static final Instant NOW = Instant.now();

  @TempDir private Path directory;
  private KeyPair keys;
  private JwtAuthenticator authenticator;

  @BeforeEach
  void makeKeys() throws Exception {
    keys = newKeys();
    Path publicKey = directory.resolve("jwt-public.pem");
    Files.writeString(publicKey, pem(keys));
    authenticator = JwtAuthenticator.trustingLocalKey(publicKey);
  }

  private static KeyPair newKeys() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }

  private static String pem(KeyPair keys) {
    return "-----BEGIN PUBLIC KEY-----\n"
        + Base64.getMimeEncoder().encodeToString(keys.getPublic().getEncoded())
        + "\n-----END PUBLIC KEY-----\n";
  }

  private static JwtClaims good() {
    var claims = new JwtClaims();
    claims.setIssuer(JwtAuthenticator.LOCAL_ISSUER);
    claims.setAudience(JwtAuthenticator.AUDIENCE);
    claims.setSubject("ada");
    claims.setExpirationTime(at(600));
    return claims;
  }

  private static NumericDate at(int secondsFromNow) {
    return NumericDate.fromSeconds(NOW.plusSeconds(secondsFromNow).getEpochSecond());
  }

  private static String sign(JwtClaims claims, String algorithm, Key key) throws JoseException {
    var signature = new JsonWebSignature();
    signature.setAlgorithmHeaderValue(algorithm);
    signature.setPayload(claims.toJson());
    signature.setKey(key);
    return signature.getCompactSerialization();
  }

  private static String sign(JwtClaims claims, KeyPair keys) throws JoseException {
    return sign(claims, AlgorithmIdentifiers.ECDSA_USING_P256_CURVE_AND_SHA256, keys.getPrivate());
  }

  @Test
  void knowsTheHolderOfAGoodToken() throws Exception {
    assertThat(authenticator.authenticate(sign(good(), keys)))
        .contains(new Caller("ada", Set.of()));
  }

  @Test
  void givesTheRolesThatItsOwnIssuerNamed() {
    String token =
        new JwtIssuer(keys.getPrivate())
            .issue("ada", Set.of(Role.SERVICE, Role.ADMIN), NOW, Duration.ofMinutes(1));

    assertThat(authenticator.authenticate(token))
        .contains(new Caller("ada", Set.of(Role.SERVICE, Role.ADMIN)));
  }

  @Test
  void givesNoRoleThatItDoesNotKnow() throws Exception {
    JwtClaims claims = good();
    claims.setStringListClaim("groups", "notebay:agent", "admin", "notebay:owner");

    assertThat(authenticator.authenticate(sign(claims, keys)))
        .contains(new Caller("ada", Set.of()));
  }

  static Stream<Arguments> badClaims() {
    return Stream.of(
        bad("expired", claims -> claims.setExpirationTime(at(-60))),
        bad("without an end", claims -> claims.unsetClaim("exp")),
        bad("of another issuer", claims -> claims.setIssuer("somebody")),
        bad("for another audience", claims -> claims.setAudience("somewhere")),
        bad("for no audience", claims -> claims.unsetClaim("aud")),
        bad("of nobody", claims -> claims.unsetClaim("sub")),
        bad("of blank", claims -> claims.setSubject("  ")));
  }

  private static Arguments bad(String name, Consumer<JwtClaims> change) {
    return Arguments.of(name, change);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badClaims")
  void refusesATokenThatIs(String name, Consumer<JwtClaims> change) throws Exception {
    JwtClaims claims = good();
    change.accept(claims);

    assertThat(authenticator.authenticate(sign(claims, keys))).as(name).isEmpty();
  }

  @Test
  void refusesAnotherKeysSignature() throws Exception {
    assertThat(authenticator.authenticate(sign(good(), newKeys()))).isEmpty();
  }

  @Test
  void refusesAPublicKeyUsedAsAnHmacSecret() throws Exception {
    byte[] publicKey = Files.readAllBytes(directory.resolve("jwt-public.pem"));
    String token =
        sign(good(), AlgorithmIdentifiers.HMAC_SHA256, new SecretKeySpec(publicKey, "HmacSHA256"));

    assertThat(authenticator.authenticate(token)).isEmpty();
  }

  @Test
  void refusesWhatIsUnsignedMalformedOrTooLong() {
    String none = encode("{\"alg\":\"none\"}") + "." + encode("{\"sub\":\"ada\"}") + ".";

    assertThat(Stream.of("", "x", "a.b.c", none, "a".repeat(100_000)))
        .allSatisfy(token -> assertThat(authenticator.authenticate(token)).isEmpty());
  }

  private static String encode(String json) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(json.getBytes(StandardCharsets.UTF_8));
  }
}
