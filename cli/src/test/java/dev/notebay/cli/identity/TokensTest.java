package dev.notebay.cli.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.cli.config.Settings;
import dev.notebay.cli.config.SystemClock;
import dev.notebay.rpc.Caller;
import dev.notebay.rpc.JwtAuthenticator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokensTest {
  @TempDir Path temporary = Path.of("");
  private LocalKeys keys = new LocalKeys(temporary);

  @BeforeEach
  void makeKeys() throws IOException {
    keys = new LocalKeys(temporary);
    keys.ensure();
  }

  @Test
  void theServicesAcceptATokenOfThisMachine() {
    Tokens tokens = new Tokens(settings("NOTEBAY_USER", "Ada \"L\" Ö"), SystemClock.instants());
    assertThat(JwtAuthenticator.trustingLocalKey(keys.publicKey()).authenticate(tokens.get()))
        .map(Caller::subject)
        .contains("Ada \"L\" Ö");
  }

  @Test
  void whoHoldsTheKeyIsAdminAndWhoIsGivenATokenIsNot() {
    Tokens tokens = new Tokens(settings("NOTEBAY_USER", "ada"), SystemClock.instants());
    var services = JwtAuthenticator.trustingLocalKey(keys.publicKey());

    assertThat(services.authenticate(tokens.get()))
        .contains(new Caller("ada", Set.of(Caller.Role.ADMIN)));
    assertThat(services.authenticate(tokens.mint("bob", SystemClock.now())))
        .contains(new Caller("bob", Set.of()));
  }

  @Test
  void anOldTokenIsRefusedAndAFreshOneIsSignedInTime() {
    var now = new Instant[] {SystemClock.now().minus(Duration.ofHours(1))};
    Tokens tokens = new Tokens(settings("NOTEBAY_USER", "ada"), () -> now[0]);
    String old = tokens.get();
    var services = JwtAuthenticator.trustingLocalKey(keys.publicKey());
    assertThat(services.authenticate(old)).isEmpty();
    assertThat(tokens.get()).isEqualTo(old);
    now[0] = SystemClock.now();
    assertThat(services.authenticate(tokens.get())).isPresent();
  }

  @Test
  void aGivenTokenIsSentAsItIs() throws IOException {
    Path file = Files.writeString(temporary.resolve("token"), "abc\n");
    assertThat(new Tokens(settings("NOTEBAY_TOKEN", " xyz "), SystemClock.instants()).get())
        .isEqualTo("xyz");
    Tokens fromFile =
        new Tokens(settings("NOTEBAY_TOKEN_FILE", file.toString()), SystemClock.instants());
    assertThat(fromFile.get()).isEqualTo("abc");
    Files.writeString(file, "def");
    assertThat(fromFile.get()).isEqualTo("def");
  }

  @Test
  void keysAreMadeOnceAndForTheirOwnerOnly() throws IOException {
    Path directory = temporary.resolve("keys");
    byte[] before = Files.readAllBytes(directory.resolve("installation.key"));
    keys.ensure();
    assertThat(Files.readAllBytes(directory.resolve("installation.key")))
        .isEqualTo(before)
        .hasSize(32);
    try (var files = Files.list(directory)) {
      assertThat(files)
          .hasSize(3)
          .allSatisfy(
              file ->
                  assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                      .isEqualTo("rw-------"));
    }
  }

  private Settings settings(String variable, String value) {
    return Settings.of(Map.of("NOTEBAY_HOME", temporary.toString(), variable, value));
  }
}
