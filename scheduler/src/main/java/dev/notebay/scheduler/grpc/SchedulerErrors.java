package dev.notebay.scheduler.grpc;

import dev.notebay.rpc.ErrorStatus;
import dev.notebay.scheduler.core.SchedulerException;
import dev.notebay.scheduler.core.SchedulerException.AdminRequired;
import dev.notebay.scheduler.core.SchedulerException.ClaimRefused;
import dev.notebay.scheduler.core.SchedulerException.ClusterUnavailable;
import dev.notebay.scheduler.core.SchedulerException.EtagMismatch;
import dev.notebay.scheduler.core.SchedulerException.Impossible;
import dev.notebay.scheduler.core.SchedulerException.InvalidField;
import dev.notebay.scheduler.core.SchedulerException.QueueInUse;
import dev.notebay.scheduler.core.SchedulerException.QueueNotFound;
import dev.notebay.scheduler.core.SchedulerException.RequestIdReused;
import dev.notebay.scheduler.core.SchedulerException.SessionNotFound;
import dev.notebay.scheduler.core.SchedulerException.StoreUnavailable;
import dev.notebay.scheduler.core.SchedulerException.TooManySessions;
import dev.notebay.scheduler.core.SchedulerException.WrongState;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;

/** The one place where failures of the core become gRPC statuses. */
public final class SchedulerErrors {
  private static final Duration RETRY = Duration.ofSeconds(1);

  private SchedulerErrors() {}

  /** The status of a known failure; an unknown one is thrown again. */
  public static StatusRuntimeException toStatus(RuntimeException failure) {
    if (failure instanceof SchedulerException known) {
      return toStatus(known).toException();
    }
    throw failure;
  }

  private static ErrorStatus toStatus(SchedulerException failure) {
    String message = Objects.requireNonNull(failure.getMessage());
    return switch (failure) {
      case InvalidField invalid ->
          ErrorStatus.invalid(invalid.field(), invalid.value(), invalid.expected());
      case SessionNotFound missing ->
          ErrorStatus.of(
              Code.NOT_FOUND, "SESSION_NOT_FOUND", message, Map.of("session", missing.session()));
      case TooManySessions tooMany ->
          ErrorStatus.of(
              Code.RESOURCE_EXHAUSTED,
              "TOO_MANY_SESSIONS",
              message,
              Map.of("limit", Integer.toString(tooMany.limit())));
      case RequestIdReused reused ->
          ErrorStatus.of(
              Code.INVALID_ARGUMENT,
              "REQUEST_ID_REUSED",
              message,
              Map.of("request_id", reused.requestId()));
      case Impossible impossible ->
          ErrorStatus.of(
              Code.FAILED_PRECONDITION, impossible.reason(), message, impossible.metadata());
      case QueueNotFound missing ->
          ErrorStatus.of(
              Code.NOT_FOUND,
              "QUEUE_NOT_FOUND",
              message,
              Map.of("queue", missing.queue(), "possible", missing.possible()));
      case QueueInUse used ->
          ErrorStatus.of(
              Code.FAILED_PRECONDITION,
              "QUEUE_IN_USE",
              message,
              Map.of("queue", used.queue(), "sessions", Long.toString(used.sessions())));
      case AdminRequired refused ->
          ErrorStatus.of(
              Code.PERMISSION_DENIED,
              "ADMIN_REQUIRED",
              message,
              Map.of("operation", refused.operation()));
      case EtagMismatch mismatch ->
          ErrorStatus.of(Code.ABORTED, "ETAG_MISMATCH", message, Map.of("etag", mismatch.etag()));
      case WrongState wrong ->
          ErrorStatus.of(
              Code.FAILED_PRECONDITION, "WRONG_STATE", message, Map.of("state", wrong.state()));
      case ClaimRefused _ -> ErrorStatus.of(Code.FAILED_PRECONDITION, "CLAIM_REFUSED", message);
      case ClusterUnavailable _ ->
          ErrorStatus.of(
                  Code.UNAVAILABLE,
                  "CLUSTER_UNAVAILABLE",
                  "the cluster does not answer now; try again")
              .retryAfter(RETRY);
      case StoreUnavailable _ ->
          ErrorStatus.of(
                  Code.UNAVAILABLE,
                  "DATABASE_UNAVAILABLE",
                  "the database does not answer now; try again")
              .retryAfter(RETRY);
    };
  }
}
