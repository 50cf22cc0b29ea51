package dev.notebay.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TableTest {
  @Test
  void columnsAreAlignedAndNoCellBreaksOut() {
    var table = new Table("ID", "NAME").row("7", "a\nb\u001b[31m").row("12345", "c");
    assertThat(table.lines()).containsExactly("ID     NAME", "7      a b [31m", "12345  c");
  }
}
