package dev.notebay.storage.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.storage.kube.ClaimSettings;
import dev.notebay.storage.postgres.Database.Place;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
  @Test
  void standsForOneMachineWithoutAnySetting() {
    Settings settings = Settings.from(Map.of("HOME", "/home/u1"));
    assertThat(settings.home()).isEqualTo(Path.of("/home/u1/.local/state/notebay"));
    assertThat(settings.grpc())
        .isEqualTo(new Settings.Address("127.0.0.1", 7412, "NOTEBAY_STORAGE_GRPC"));
    assertThat(settings.http().port()).isEqualTo(7413);
    assertThat(settings.database())
        .isEqualTo(
            new Place.Following(
                settings.home().resolve("postgres").resolve("connection.properties")));
    assertThat(settings.oidc()).isEmpty();
    assertThat(settings.policy().trashRetention()).isEqualTo(Duration.ofDays(30));
  }

  @Test
  void showsNoPassword() {
    Settings settings =
        Settings.from(
            Map.of(
                "NOTEBAY_DB_URL", "jdbc:postgresql://db/notebay?password=hunter2",
                "NOTEBAY_DB_USER", "notebay",
                "NOTEBAY_DB_PASSWORD", "hunter2"));
    assertThat(settings.toString()).contains("user=").doesNotContain("hunter2");
  }

  @ParameterizedTest
  @CsvSource({
    "NOTEBAY_STORAGE_GRPC,nonsense",
    "NOTEBAY_STORAGE_GRPC,127.0.0.1:70000",
    "NOTEBAY_STORAGE_HTTP,:",
    "NOTEBAY_DB_URL,mysql://x",
    "NOTEBAY_VOLUME_QUOTA_BYTES,0",
    "NOTEBAY_VOLUME_QUOTA_BYTES,1G",
    "NOTEBAY_VOLUMES_PER_OWNER,-1",
    "NOTEBAY_VOLUMES,nfs",
    "NOTEBAY_TRASH_RETENTION,30 days",
    "NOTEBAY_TRASH_RETENTION,PT-1S"
  })
  void namesTheVariableThatMakesNoSense(String variable, String value) {
    assertThatThrownBy(() -> Settings.from(Map.of(variable, value)))
        .isInstanceOf(Settings.Wrong.class)
        .hasMessageStartingWith(variable + ":")
        .hasMessageContaining("expected:");
  }

  @Test
  void makesClaimsOnlyWhereAskedToAndThenOfAKindThatThereIs() {
    assertThat(Settings.from(Map.of("HOME", "/home/u1")).claims()).isEmpty();
    assertThat(Settings.from(Map.of("NOTEBAY_VOLUMES", "claims")).claims())
        .contains(
            new ClaimSettings("notebay", "notebay-sessions", Optional.empty(), "ReadWriteOnce"));
    assertThatThrownBy(
            () ->
                Settings.from(
                    Map.of(
                        "NOTEBAY_VOLUMES", "claims", "NOTEBAY_CLAIM_ACCESS_MODE", "ReadOnlyMany")))
        .hasMessageStartingWith("NOTEBAY_CLAIM_ACCESS_MODE: ReadOnlyMany (expected:");
  }

  @Test
  void wantsTheKeysOfAnIssuer() {
    assertThatThrownBy(() -> Settings.from(Map.of("NOTEBAY_OIDC_ISSUER", "https://id")))
        .hasMessageStartingWith("NOTEBAY_OIDC_JWKS: not set");
  }
}
