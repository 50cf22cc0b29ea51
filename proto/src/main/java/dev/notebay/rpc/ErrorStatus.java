package dev.notebay.rpc;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An error as it goes over the wire: a status code, a message for people, and exactly one {@link
 * ErrorInfo} for programs (google.aip.dev/193).
 */
public final class ErrorStatus {
  /** {@code ErrorInfo.domain} of every error of Notebay. */
  public static final String DOMAIN = "notebay.dev";

  private final Status.Code code;
  private final String message;
  private final List<Message> details = new ArrayList<>();

  private ErrorStatus(Status.Code code, String message) {
    this.code = code;
    this.message = message;
  }

  /**
   * @param reason UPPER_SNAKE, stable, at most 63 characters
   * @param message for people
   */
  public static ErrorStatus of(Status.Code code, String reason, String message) {
    return of(code, reason, message, Map.of());
  }

  /**
   * @param metadata every value in the message that is not constant, by name
   */
  public static ErrorStatus of(
      Status.Code code, String reason, String message, Map<String, String> metadata) {
    var error = new ErrorStatus(code, message);
    error.details.add(
        ErrorInfo.newBuilder()
            .setReason(reason)
            .setDomain(DOMAIN)
            .putAllMetadata(metadata)
            .build());
    return error;
  }

  /** INVALID_ARGUMENT for one field: {@code "gpus: -1 (expected: >= 0)"}. */
  public static ErrorStatus invalid(String field, String value, String expected) {
    String shown = value.length() > 100 ? value.substring(0, 100) + "…" : value;
    String description = field + ": " + shown + " (expected: " + expected + ")";
    var error =
        of(
            Status.Code.INVALID_ARGUMENT,
            "INVALID_FIELD",
            description,
            Map.of("field", field, "value", shown, "expected", expected));
    error.details.add(
        BadRequest.newBuilder()
            .addFieldViolations(
                BadRequest.FieldViolation.newBuilder()
                    .setField(field)
                    .setDescription(description)
                    .setReason("INVALID_FIELD"))
            .build());
    return error;
  }

  /** Adds when trying again makes sense. */
  public ErrorStatus retryAfter(Duration delay) {
    details.add(
        RetryInfo.newBuilder()
            .setRetryDelay(
                com.google.protobuf.Duration.newBuilder()
                    .setSeconds(delay.toSeconds())
                    .setNanos(delay.toNanosPart()))
            .build());
    return this;
  }

  public StatusRuntimeException toException() {
    var status = com.google.rpc.Status.newBuilder().setCode(code.value()).setMessage(message);
    details.forEach(detail -> status.addDetails(Any.pack(detail)));
    return StatusProto.toStatusRuntimeException(status.build());
  }

  /** The {@code ErrorInfo.reason} of an error that came over the wire, if it has one. */
  public static Optional<String> reasonOf(Throwable error) {
    com.google.rpc.Status status = StatusProto.fromThrowable(error);
    if (status == null) {
      return Optional.empty();
    }
    for (Any detail : status.getDetailsList()) {
      if (detail.is(ErrorInfo.class)) {
        try {
          return Optional.of(detail.unpack(ErrorInfo.class).getReason());
        } catch (com.google.protobuf.InvalidProtocolBufferException malformed) {
          return Optional.empty();
        }
      }
    }
    return Optional.empty();
  }
}
