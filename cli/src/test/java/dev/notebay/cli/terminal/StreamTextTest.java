package dev.notebay.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StreamTextTest {
  private final StreamText text = new StreamText();

  @Test
  void plainTextPassesAtOnceEvenBeforeItsLineEnds() {
    assertThat(text.accept("working")).isEqualTo("working");
    assertThat(text.accept("...\n")).isEqualTo("...\n");
  }

  @Test
  void aLineWrittenOverAppearsOnceAsItWasAtItsEnd() {
    assertThat(text.accept("start\n\r 10%\r 50%")).isEqualTo("start\n");
    assertThat(text.accept("\r100%\nend\n")).isEqualTo("100%\nend\n");
  }

  @Test
  void aCarriageReturnBeforeALineEndIsPartOfTheLineEnd() {
    assertThat(text.accept("one\r\ntwo\n")).isEqualTo("one\ntwo\n");
  }

  @Test
  void whatIsHeldBackComesAtTheEnd() {
    assertThat(text.accept("\r 99%")).isEmpty();
    assertThat(text.end()).isEqualTo(" 99%");
    assertThat(text.end()).isEmpty();
  }

  @Test
  void coloursAndCursorMovementsGo() {
    assertThat(
            StreamText.withoutEscapes("\u001b[0;31mred\u001b[0m \u001b]0;title\u0007end\u001b[2K"))
        .isEqualTo("red end");
  }
}
