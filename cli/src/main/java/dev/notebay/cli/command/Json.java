package dev.notebay.cli.command;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.util.JsonFormat;
import dev.notebay.cli.terminal.CliFailure;
import java.util.List;
import java.util.stream.Collectors;

/** Answers as JSON, in the contract's own names. */
final class Json {
  private static final JsonFormat.Printer PRINTER =
      JsonFormat.printer().preservingProtoFieldNames().alwaysPrintFieldsWithNoPresence();

  private Json() {}

  static String of(MessageOrBuilder message) {
    try {
      return PRINTER.print(message);
    } catch (InvalidProtocolBufferException unknownAny) {
      throw CliFailure.unavailable(
          "the answer cannot be shown as JSON: " + unknownAny.getMessage(), "");
    }
  }

  static String of(List<? extends MessageOrBuilder> messages) {
    return messages.stream().map(Json::of).collect(Collectors.joining(",\n", "[", "]"));
  }
}
