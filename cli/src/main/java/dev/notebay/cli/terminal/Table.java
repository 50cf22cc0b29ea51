package dev.notebay.cli.terminal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Rows in aligned columns, with a heading. */
public final class Table {
  private static final String GAP = "  ";
  private final List<List<String>> rows = new ArrayList<>();

  public Table(String... heading) {
    rows.add(List.of(heading));
  }

  /** Adds a row with as many cells as the heading has. */
  public Table row(String... cells) {
    if (cells.length != rows.getFirst().size()) {
      throw new IllegalArgumentException(
          "cells: " + cells.length + " (expected: " + rows.getFirst().size() + ")");
    }
    rows.add(Arrays.stream(cells).map(Table::oneLine).toList());
    return this;
  }

  /** The lines to print. */
  public List<String> lines() {
    int columns = rows.getFirst().size();
    int[] width = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < columns; i++) {
        width[i] = Math.max(width[i], row.get(i).length());
      }
    }
    return rows.stream().map(row -> line(row, width)).toList();
  }

  private static String line(List<String> row, int[] width) {
    var line = new StringBuilder();
    for (int i = 0; i < width.length; i++) {
      String cell = row.get(i);
      line.append(cell).append(" ".repeat(width[i] - cell.length())).append(GAP);
    }
    return line.toString().stripTrailing();
  }

  /** A cell's text comes from other people too: no line ends or control characters. */
  private static String oneLine(String cell) {
    return cell.replaceAll("\\p{Cntrl}+", " ");
  }
}
