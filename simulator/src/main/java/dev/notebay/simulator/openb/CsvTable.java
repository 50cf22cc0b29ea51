package dev.notebay.simulator.openb;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A comma-separated file with a header line and no quoting. */
public record CsvTable(List<Row> rows) {

  /**
   * Reads all of it.
   *
   * @throws BadInput when it cannot be read, lacks a column, or has a line of another length
   */
  public static CsvTable read(Path file, List<String> required) {
    List<String> lines = lines(file);
    if (lines.isEmpty()) {
      throw new BadInput(file + ": is empty (expected: a header line with " + required + ")");
    }
    List<String> header = List.of(lines.getFirst().split(",", -1));
    Map<String, Integer> columns = new HashMap<>();
    for (int column = 0; column < header.size(); column++) {
      columns.put(header.get(column), column);
    }
    for (String name : required) {
      if (!columns.containsKey(name)) {
        throw new BadInput(
            file + ":1: has no column " + name + " (found: " + String.join(", ", header) + ")");
      }
    }
    List<Row> rows = new ArrayList<>();
    for (int line = 1; line < lines.size(); line++) {
      if (!lines.get(line).isBlank()) {
        List<String> values = List.of(lines.get(line).split(",", -1));
        if (values.size() != header.size()) {
          throw new BadInput(
              file
                  + ":"
                  + (line + 1)
                  + ": has "
                  + values.size()
                  + " values (expected: "
                  + header.size()
                  + ", as in the header)");
        }
        rows.add(new Row(file, line + 1, columns, values));
      }
    }
    return new CsvTable(rows);
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (NoSuchFileException e) {
      throw new BadInput(file + ": does not exist (expected: a CSV file)");
    } catch (MalformedInputException e) {
      throw new BadInput(file + ": is not text in UTF-8");
    } catch (IOException e) {
      throw new BadInput(file + ": cannot be read: " + e.getMessage());
    }
  }

  /** One line, and where it stands. */
  public record Row(Path file, int line, Map<String, Integer> columns, List<String> values) {
    /** Empty where there is no such column. */
    public String text(String column) {
      Integer index = columns.get(column);
      return index == null ? "" : values.get(index).strip();
    }

    /**
     * The integer in a column.
     *
     * @throws BadInput when it is not an integer from {@code least} to {@code most}
     */
    public long number(String column, long least, long most) {
      String text = text(column);
      try {
        long number = Long.parseLong(text);
        if (number >= least && number <= most) {
          return number;
        }
      } catch (NumberFormatException e) {
        throw bad(column, "an integer");
      }
      throw bad(column, least + " to " + most);
    }

    /** What is wrong with a column, to be thrown. */
    public BadInput bad(String column, String expected) {
      return new BadInput(
          file
              + ":"
              + line
              + ": "
              + column
              + ": "
              + (text(column).isEmpty() ? "empty" : text(column))
              + " (expected: "
              + expected
              + ")");
    }
  }
}
