package dev.notebay.cli.notebook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.cli.terminal.CliFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NotebookTest {
  @TempDir Path directory = Path.of("");

  @Test
  void missingIdsAreAddedDoubledOnesReplacedAndGoodOnesKept() {
    Notebook notebook =
        parse(
            "{'nbformat':4,'nbformat_minor':2,'cells':["
                + "{'cell_type':'code','source':['a\\n','b'],'id':'x'},"
                + "{'cell_type':'markdown','source':'m','id':'x'},"
                + "{'cell_type':'code','source':''}]}");
    assertThat(notebook.codeCells()).hasSize(2);
    assertThat(notebook.codeCells().getFirst().source()).isEqualTo("a\nb");
    assertThat(notebook.codeCells().getLast().runs()).isFalse();
    Notebook again = Notebook.parse("again", notebook.toJson());
    assertThat(again.toJson()).isEqualTo(notebook.toJson());
    assertThat(notebook.toJson())
        .contains("\"nbformat_minor\": 5", "\"id\": \"x\"", "\"execution_count\": null")
        .containsPattern("\"id\": \"[0-9a-f]{8}\"");
  }

  @Test
  void whatIsNotUnderstoodIsKept() {
    Notebook notebook =
        parse(
            "{'nbformat':4,'nbformat_minor':5,'metadata':{'colab':{'x':[1]},"
                + "'kernelspec':{'name':'ir'}},'cells':[]}");
    assertThat(notebook.kernelName()).isEqualTo("ir");
    assertThat(notebook.toJson()).contains("\"colab\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{              | not JSON at line 1",
        "[]             | no \"nbformat\"",
        "{'nbformat':3} | format 3 (expected: 4)",
        "{'nbformat':'4'} | (expected: 4)",
        "{'nbformat':4} | no list of \"cells\"",
        "{'nbformat':4,'cells':{}} | no list of \"cells\"",
        "{'nbformat':4,'cells':[7]} | cell 1 is not a cell",
        "{'nbformat':4,'cells':[{'cell_type':'code','source':''},{'cell_type':'x','source':''}]} | cell 2 is",
        "{'nbformat':4,'cells':[{'cell_type':'code'}]} | cell 1 is not a cell"
      },
      quoteCharacter = '`')
  void saysWhatIsWrongWithAFile(String text, String expected) {
    assertThatThrownBy(() -> parse(text))
        .isInstanceOf(CliFailure.class)
        .hasMessageContaining(expected);
  }

  @Test
  void aMissingFileIsToldWithWhatIsThere() throws IOException {
    Files.writeString(directory.resolve("other.ipynb"), "{}");
    assertThatThrownBy(() -> Notebook.read(directory.resolve("mine.ipynb")))
        .isInstanceOfSatisfying(
            CliFailure.class,
            failure -> assertThat(failure.hint()).contains("notebooks there: other.ipynb"));
  }

  @Test
  void isWrittenWholeAndLeavesNothingBeside() throws IOException {
    Path file = directory.resolve("a.out.ipynb");
    Notebook.ofCode("1").write(file);
    Notebook.ofCode("2").write(file);
    try (var files = Files.list(directory)) {
      assertThat(files).containsExactly(file);
    }
    assertThat(Notebook.read(file).codeCells().getFirst().source()).isEqualTo("2");
  }

  @Test
  void theOutputLiesBesideTheInput() {
    assertThat(Notebook.outputBeside(Path.of("d/x.ipynb"))).isEqualTo(Path.of("d/x.out.ipynb"));
    assertThat(Notebook.outputBeside(Path.of("x"))).isEqualTo(Path.of("x.out.ipynb"));
  }

  private static Notebook parse(String text) {
    return Notebook.parse("it", text.replace('\'', '"'));
  }
}
