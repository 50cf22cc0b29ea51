package dev.notebay.agent.jupyter;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import dev.notebay.agent.core.kernel.AgentException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;

/**
 * Notebook files: version 4 of the format, written with an indent of one space as nbformat does.
 */
final class Notebooks {
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              com.fasterxml.jackson.core.StreamReadConstraints.builder()
                  .maxStringLength(Integer.MAX_VALUE)
                  .build())
          .build();

  static final byte[] EMPTY =
      Parts.utf8(
          "{\n \"cells\": [],\n \"metadata\": {},\n \"nbformat\": 4,\n \"nbformat_minor\": 5\n}\n");

  private Notebooks() {}

  /**
   * @throws Refusal where the bytes are no notebook of version 4
   */
  static void check(byte[] json) {
    try {
      Map<String, byte[]> members = MessageJson.members(json);
      byte[] format = members.get("nbformat");
      if (format != null
          && Arrays.equals(format, Parts.utf8("4"))
          && members.containsKey("cells")
          && members.containsKey("metadata")) {
        return;
      }
    } catch (AgentException.BadMessage malformed) {
      // Refused below, as every other notebook that cannot be read.
    }
    throw new Refusal(400, "Unreadable Notebook (expected: nbformat 4)", "Bad Request");
  }

  static byte[] format(byte[] json) {
    var indenter = new DefaultIndenter(" ", "\n");
    var printer =
        new DefaultPrettyPrinter(
            Separators.createDefaultInstance()
                .withObjectFieldValueSpacing(Separators.Spacing.AFTER));
    printer.indentObjectsWith(indenter);
    printer.indentArraysWith(indenter);
    var bytes = new ByteArrayOutputStream(json.length + 1024);
    try (JsonParser parser = FACTORY.createParser(json);
        JsonGenerator generator = FACTORY.createGenerator(bytes)) {
      generator.setPrettyPrinter(printer);
      while (parser.nextToken() != null) {
        generator.copyCurrentEventExact(parser);
      }
    } catch (IOException malformed) {
      throw new Refusal(400, "Unreadable Notebook: not JSON", "Bad Request");
    }
    bytes.write('\n');
    return bytes.toByteArray();
  }
}
