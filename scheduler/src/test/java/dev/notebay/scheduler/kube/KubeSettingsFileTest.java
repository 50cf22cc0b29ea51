package dev.notebay.scheduler.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.scheduler.kube.KubeSettings.AccessMode;
import dev.notebay.scheduler.kube.KubeSettings.Jwt;
import dev.notebay.scheduler.kube.Toleration.Effect;
import dev.notebay.scheduler.kube.Toleration.Operator;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KubeSettingsFileTest {
  private static final String LEAST =
      """
      installation: notebay
      namespace: notebay-sessions
      images: {agent: "registry.example.org/notebay/agent:1", default: "jupyter/base:2"}
      scheduler: {address: "notebay-scheduler.notebay.svc:7410"}
      """;

  private static final String ALL =
      LEAST
          + """
          jwt: {issuer: "https://id.example.org", jwks: "https://id.example.org/keys"}
          defaults:
            tolerations: [{key: notebooks, value: "yes", effect: NoSchedule}]
            nodeSelector: {pool: sessions}
            ephemeralStorage: 20Gi
            runtimeClass: gvisor
          acceleratorClasses:
            - name: nvidia-a100-80gb
              resource: nvidia.com/gpu
              nodeSelector: {nvidia.com/gpu.product: NVIDIA-A100-SXM4-80GB}
              tolerations: [{key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}]
              runtimeClass: nvidia
            - {name: nvidia-a100-1g.10gb, resource: nvidia.com/mig-1g.10gb}
          storage: {storageClass: fast, accessMode: ReadWriteMany}
          """;

  @Test
  void whatIsLeftOutHasItsUsualValue() {
    KubeSettings settings = KubeSettingsFile.parse(LEAST);

    assertThat(settings.scheduler().tokenAudience()).isEqualTo("notebay");
    assertThat(settings.jwt()).isEmpty();
    assertThat(settings.defaults().ephemeralStorageBytes()).isEqualTo(10L << 30);
    assertThat(settings.acceleratorClasses()).isEmpty();
    assertThat(settings.storage().storageClass()).isEmpty();
    assertThat(settings.storage().accessMode()).isEqualTo(AccessMode.READ_WRITE_ONCE);
  }

  @Test
  void everythingIsRead() {
    KubeSettings settings = KubeSettingsFile.parse(ALL);

    assertThat(settings.jwt())
        .contains(new Jwt("https://id.example.org", "https://id.example.org/keys"));
    assertThat(settings.defaults().tolerations())
        .containsExactly(
            new Toleration("notebooks", Operator.EQUAL, "yes", Optional.of(Effect.NO_SCHEDULE)));
    assertThat(settings.defaults().ephemeralStorageBytes()).isEqualTo(20L << 30);
    assertThat(settings.defaults().runtimeClass()).contains("gvisor");
    assertThat(settings.acceleratorClass("nvidia-a100-80gb"))
        .contains(
            new AcceleratorClass(
                "nvidia-a100-80gb",
                "nvidia.com/gpu",
                Map.of("nvidia.com/gpu.product", "NVIDIA-A100-SXM4-80GB"),
                List.of(
                    new Toleration(
                        "nvidia.com/gpu", Operator.EXISTS, "", Optional.of(Effect.NO_SCHEDULE))),
                Optional.of("nvidia")));
    assertThat(settings.acceleratorClasses()).hasSize(2);
    assertThat(settings.storage().accessMode()).isEqualTo(AccessMode.READ_WRITE_MANY);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          namespace: notebay-sessions | namespace: Sessions | namespace: Sessions (expected: at most 63 of a-z
          namespace: notebay-sessions | namespace: 7        | namespace: 7 (expected: at most 63
          installation: notebay | installation: ''     | installation: empty (expected: at most 63
          installation: notebay | instalation: notebay | instalation: unknown (expected: one of installation, namespace
          jupyter/base:2        | jupyter base         | images.default: jupyter base (expected: a container image
          svc:7410              | svc                  | scheduler.address: notebay-scheduler.notebay.svc (expected: host:port
          ephemeralStorage: 20Gi | ephemeralStorage: much | defaults.ephemeralStorage: much (expected: an amount of bytes, as 10Gi)
          ephemeralStorage: 20Gi | ephemeralStorage: '-1' | defaults.ephemeralStorage: -1 (expected: an amount of bytes
          pool: sessions | pool: 1 | defaults.nodeSelector.pool: 1 (expected: a text; numbers and true or false in quotes)
          effect: NoSchedule}]  | effect: Never}] | defaults.tolerations[0].effect: Never (expected: one of NoSchedule, PreferNoSchedule, NoExecute)
          key: notebooks, value | value | defaults.tolerations[0].key: empty (expected: one, or operator Exists)
          resource: nvidia.com/gpu | resource: gpu | acceleratorClasses[0].resource: gpu (expected: an extended resource, as nvidia.com/gpu)
          name: nvidia-a100-1g.10gb | name: nvidia-a100-80gb | acceleratorClasses[1].name: nvidia-a100-80gb (expected: each name once)
          ReadWriteMany | Shared | storage.accessMode: Shared (expected: one of ReadWriteOnce, ReadWriteOncePod, ReadWriteMany)
          issuer: "https://id.example.org", | '' | jwt.issuer: missing (expected: the issuer's URL, when jwks is set)
          """)
  void whatIsWrongIsNamedWithWhatWouldBeRight(String right, String wrong, String message) {
    assertThat(ALL).contains(right);
    assertThatThrownBy(() -> KubeSettingsFile.parse(ALL.replaceFirst(Pattern.quote(right), wrong)))
        .isInstanceOf(BadSettings.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void aFieldThatIsThereTwiceIsRefused() {
    assertThatThrownBy(() -> KubeSettingsFile.parse(LEAST + "namespace: other\n"))
        .isInstanceOf(BadSettings.class)
        .hasMessageContaining("Duplicate field 'namespace'");
  }

  @Test
  void theExampleIsRight() {
    assertThat(KubeSettingsFile.read(Path.of("../examples/kubernetes.yaml")).acceleratorClasses())
        .hasSize(4);
  }

  @Test
  void aFileThatIsNotThereIsSaidSo() {
    assertThatThrownBy(() -> KubeSettingsFile.read(Path.of("/nonexistent")))
        .isInstanceOf(BadSettings.class)
        .hasMessage("cannot be read: /nonexistent");
  }

  @ParameterizedTest
  @CsvSource({
    "jupyter/base:2, true",
    "registry.example.org/notebooks/torch:3, true",
    "registry.example.org/notebooks, false",
    "registry.example.org.evil.example/notebooks/torch, false",
    "exact:1, true",
    "exact:12, false"
  })
  void onlyImagesOnTheListAreAllowed(String image, boolean allowed) {
    var images =
        new KubeSettings.Images(
            "agent:1", "jupyter/base:2", List.of("registry.example.org/notebooks/*", "exact:1"));

    assertThat(images.allows(image)).isEqualTo(allowed);
  }
}
