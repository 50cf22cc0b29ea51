package dev.notebay.scheduler.kube.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.scheduler.core.SchedulerException.InvalidField;
import dev.notebay.scheduler.core.request.Allowance;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Compute;
import dev.notebay.scheduler.core.session.Environment;
import dev.notebay.scheduler.core.session.Image;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.Policy;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionSpec;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpecReaderTest {
  private final SpecReader reader = new SpecReader(Allowance.USUAL);

  @Test
  void allThatIsAskedForIsRead() {
    var wanted =
        reader.read(
            spec(
                """
                owner: ada
                displayName: Training
                accelerator: {types: [nvidia-a100-80gb, nvidia-l4], count: 2, memory: 40Gi}
                cpu: 2500m
                memory: 16Gi
                volume: drive
                queue: research
                priority: -7
                image: registry.example.org/notebooks/torch:2.9
                environment: {HF_HOME: /content/drive/hf}
                idleTimeout: 30m
                maxLifetime: 1h30m
                warning: 45s
                """));

    assertThat(wanted)
        .isEqualTo(
            new SpecReader.Wanted(
                new Owner("ada"),
                new SessionSpec(
                    "Training",
                    new Accelerator(List.of("nvidia-a100-80gb", "nvidia-l4"), 2, 1000, 40L << 30),
                    new Compute(2500, 16L << 30),
                    Optional.of("drive"),
                    new Policy(
                        Duration.ofMinutes(30), Duration.ofMinutes(90), Duration.ofSeconds(45)),
                    "research",
                    -7,
                    Optional.of(new Image("registry.example.org/notebooks/torch:2.9")),
                    new Environment(Map.of("HF_HOME", "/content/drive/hf")))));
  }

  @Test
  void whatIsAbsentIsTheInstallationsDefault() {
    assertThat(reader.read(spec("owner: ada")).spec())
        .isEqualTo(
            new SessionSpec(
                "",
                Accelerator.NONE,
                Allowance.USUAL.compute(),
                Optional.empty(),
                Allowance.USUAL.policy()));
  }

  @Test
  void aShortIdleTimeoutIsWarnedOfHalfWay() {
    assertThat(reader.read(spec("{owner: ada, idleTimeout: 4s}")).spec().policy().warning())
        .isEqualTo(Duration.ofSeconds(2));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}                                                     | spec.owner             |        | 1 to 255",
        "{owner: ' '}                                           | spec.owner             | ' '    | not blank",
        "{owner: a, displayName: \"a\\tb\"}                     | spec.displayName       | a?b    | control",
        "{owner: a, accelerator: {types: []}}                   | spec.accelerator.types | ''     | 1 to 16",
        "{owner: a, accelerator: {types: [T4]}}                 | spec.accelerator.types | T4     | nvidia-t4",
        "{owner: a, accelerator: {types: [t4, t4]}}             | spec.accelerator.types | t4, t4 | once",
        "{owner: a, accelerator: {types: [none, t4]}}           | spec.accelerator.types | none, t4 | alone",
        "{owner: a, accelerator: {types: [none], count: 1}}     | spec.accelerator       | count 1, memory 0 | neither",
        "{owner: a, accelerator: {types: [t4], count: 65}}      | spec.accelerator.count | 65     | 1 to 64",
        "{owner: a, accelerator: {types: [t4], count: 0}}       | spec.accelerator.count | 0      | 1 to 64",
        "{owner: a, accelerator: {types: [t4], milli: 500}}     | spec.accelerator.milli | 500    | no device is shared",
        "{owner: a, accelerator: {types: [t4], memory: 17Ti}}   | spec.accelerator.memory | 17Ti  | 16Ti",
        "{owner: a, cpu: 0}                                     | spec.cpu               | 0      | 1m to 1000",
        "{owner: a, cpu: 0.5m}                                  | spec.cpu               | 0.5m   | 1m to 1000",
        "{owner: a, cpu: 1001}                                  | spec.cpu               | 1001   | 1m to 1000",
        "{owner: a, cpu: \"1e99999\"}                           | spec.cpu               | 1e99999 | 1m to 1000",
        "{owner: a, memory: 127Mi}                              | spec.memory            | 127Mi  | 128Mi",
        "{owner: a, memory: 17Ti}                               | spec.memory            | 17Ti   | 16Ti",
        "{owner: a, memory: 9QQ}                                | spec.memory            | 9QQ    | 16Ti",
        "{owner: a, volume: Drive}                              | spec.volume            | Drive  | a-z",
        "{owner: a, image: 'a b'}                               | spec.image             | a b    | an image such as",
        "{owner: a, environment: {PATH: /tmp}}                  | spec.environment       | PATH   | set by Notebay",
        "{owner: a, queue: -q}                                  | spec.queue             | -q     | letter or digit",
        "{owner: a, idleTimeout: 90}                            | spec.idleTimeout       | 90     | 90m",
        "{owner: a, idleTimeout: 24h1s}                         | spec.idleTimeout       | 24h1s  | 1s to 24h",
        "{owner: a, idleTimeout: 999ms}                         | spec.idleTimeout       | 999ms  | 1s to 24h",
        "{owner: a, maxLifetime: 169h}                          | spec.maxLifetime       | 169h   | 1s to 168h",
        "{owner: a, idleTimeout: 1m, warning: 1m}               | spec.warning           | 1m     | less than",
      })
  void whatIsWrongIsRefusedWithFieldAndValueAndWhatIsRight(
      String yaml, String field, String value, String expected) {
    assertThatThrownBy(() -> reader.read(spec(yaml)))
        .isInstanceOfSatisfying(
            InvalidField.class,
            refused -> {
              assertThat(refused.field()).isEqualTo(field);
              assertThat(refused.value()).isEqualTo(value == null ? "" : value);
              assertThat(refused.expected()).contains(expected);
            });
  }

  @Test
  void whatIsWrittenOfASessionIsReadBackAsTheSame() {
    long seed = 20261123;
    System.out.println("seed " + seed);
    var random = new SplittableRandom(seed);
    for (int i = 0; i < 1000; i++) {
      Session session = any(random);

      var read = reader.read(SpecWriter.of(session));

      assertThat(read.owner()).isEqualTo(session.owner());
      assertThat(read.spec()).isEqualTo(session.spec());
    }
  }

  private static Session any(SplittableRandom random) {
    Duration idle = Duration.ofMillis(random.nextLong(1001, 86_400_001));
    return Session.queued(
        new SessionId(new UUID(random.nextLong(), random.nextLong())),
        new Owner("user-" + random.nextInt(100)),
        new SessionSpec(
            random.nextBoolean() ? "" : "n°" + random.nextInt(),
            random.nextBoolean()
                ? Accelerator.NONE
                : new Accelerator(
                    List.of("nvidia-a100", "nvidia-l4").subList(0, random.nextInt(1, 3)),
                    random.nextInt(1, 65),
                    1000,
                    random.nextBoolean() ? 0 : random.nextLong(1, 1L << 44)),
            new Compute(random.nextLong(1, 1_000_001), random.nextLong(128L << 20, 1L << 44)),
            random.nextBoolean() ? Optional.empty() : Optional.of("drive-" + random.nextInt(9)),
            new Policy(
                idle,
                Duration.ofMillis(random.nextLong(1000, 604_800_001)),
                Duration.ofMillis(random.nextLong(1000, idle.toMillis()))),
            "queue." + random.nextInt(9),
            random.nextInt(),
            random.nextBoolean() ? Optional.empty() : Optional.of(new Image("torch:2")),
            random.nextBoolean() ? Environment.NONE : new Environment(Map.of("A", "b\n"))),
        Instant.EPOCH);
  }

  private static NotebookSessionSpec spec(String yaml) {
    // What begins with a brace would be taken for JSON.
    return Serialization.unmarshal("---\n" + yaml, NotebookSessionSpec.class);
  }
}
