package dev.notebay.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.cli.fake.RecordedTerminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a person may type wrongly: each is told in a line or two, and nothing is started. */
class WrongInvocationsTest {
  @TempDir Path directory = Path.of("");

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      nullValues = "NOTHING",
      value = {
        "NOTHING                              | 2 | no command",
        "stats                                | 2 | did you mean: status",
        "RUN x.ipynb                          | 2 | did you mean",
        "session                              | 2 | session: no command",
        "session lst                          | 2 | did you mean: list",
        "session get                          | 2 | ID",
        "session get zz                       | 2 | at least its first 4 characters",
        "session get ../../etc                | 2 | at least its first 4 characters",
        "session stop                         | 2 | ID",
        "session create --count 0             | 2 | --count: 0 (expected: at least 1, or a share",
        "session create --count two           | 2 | --count: two (expected: at least 1, or a share",
        "session create --count 1.5           | 2 | --count: 1.5 (expected: at least 1, or a share",
        "session create --gpu-memory lots     | 2 | --gpu-memory: lots (expected: a size",
        "session create --idle-timeout 5      | 2 | --idle-timeout: 5 (expected: a duration",
        "session create --max-lifetime 0s     | 2 | --max-lifetime: 0s (expected: more than",
        "session create --memory lots         | 2 | --memory: lots (expected: a size",
        "session create --cpu -1              | 2 | --cpu",
        "session create --acelerator x        | 2 | did you mean: --accelerator",
        "session extend abcd --for soon       | 2 | --for: soon (expected: a duration",
        "volume                               | 2 | volume: no command",
        "volume get                           | 2 | VOLUME",
        "volume put-file drive                | 2 | FILE",
        "volume put-file drive missing x      | 2 | no such file: missing",
        "session create --priority high       | 2 | 'high' is not an int",
        "session create --env A               | 2 | --env: A (expected: NAME=VALUE)",
        "session create --env A=1 --env A=2   | 2 | --env: A (expected: each name once)",
        "queue                                | 2 | queue: no command",
        "queue apply                          | 2 | --file",
        "queue apply -f missing.yaml          | 2 | no such file: missing.yaml",
        "queue apply -f DIR/text.ipynb        | 2 | text.ipynb:1: the file: not a mapping",
        "queue describe                       | 2 | NAME",
        "queue lst                            | 2 | did you mean: list",
        "queue list                           | 4 | does not answer",
        "usage --since yesterday              | 2 | --since: yesterday (expected: a duration",
        "usage --by colour                    | 2 | --by: colour (expected: user, queue",
        "usage                                | 4 | does not answer",
        "run                                  | 2 | NOTEBOOK",
        "run missing.ipynb                    | 2 | no such notebook: missing.ipynb",
        "run DIR                              | 2 | is a directory",
        "run DIR/text.ipynb                   | 2 | not JSON at line 1",
        "run DIR/old.ipynb                    | 2 | format 3 (expected: 4)",
        "run DIR/good.ipynb -o DIR            | 2 | it is a directory",
        "run DIR/good.ipynb -o /nowhere/x     | 2 | cannot write /nowhere/x",
        "run DIR/good.ipynb again.ipynb       | 2 | again.ipynb",
        "exec                                 | 2 | CODE",
        "bench                                | 2 | bench what? (expected: start)",
        "bench strat                          | 2 | did you mean: start",
        "bench start --rounds 0               | 2 | --rounds: 0 (expected: >= 1)",
        "bench start                          | 2 | only this machine's own sessions",
        "down --force --keep-sessions         | 2 | mutually exclusive",
        "logs scheduler                       | 3 | no log yet",
        "logs -f                              | 2 | whose log?",
        "logs scheduler -n -1                 | 2 | --lines: -1 (expected: 0 to",
        "help nothing                         | 2 | no such command: nothing",
        "session list                         | 4 | does not answer",
        "volume list                          | 4 | does not answer",
        "status --jsn                         | 2 | did you mean: --json"
      })
  void isToldWhatIsWrong(@org.jspecify.annotations.Nullable String line, int code, String expected)
      throws IOException {
    Files.writeString(directory.resolve("text.ipynb"), "hello");
    Files.writeString(directory.resolve("old.ipynb"), "{\"nbformat\":3}");
    Files.writeString(directory.resolve("good.ipynb"), "{\"nbformat\":4,\"cells\":[]}");
    Path home = directory.resolve("home");
    var terminal = RecordedTerminal.piped();
    List<String> arguments =
        line == null ? List.of() : List.of(line.replace("DIR", directory.toString()).split(" "));
    int exit =
        Main.run(
            arguments,
            Map.of(
                "NOTEBAY_HOME", home.toString(),
                "NOTEBAY_TOKEN", "given, so that nothing is started",
                "NOTEBAY_SCHEDULER_GRPC", "127.0.0.1:1",
                "NOTEBAY_STORAGE_GRPC", "127.0.0.1:1"),
            terminal.terminal());
    assertThat(terminal.err()).contains(expected).startsWith("notebay: ").doesNotContain("\tat ");
    assertThat(terminal.err().lines().count()).isLessThanOrEqualTo(2);
    assertThat(terminal.out()).isEmpty();
    assertThat(exit).isEqualTo(code);
    assertThat(home).doesNotExist();
  }
}
