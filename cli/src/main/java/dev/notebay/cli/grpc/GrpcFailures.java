package dev.notebay.cli.grpc;

import dev.notebay.cli.config.Endpoint;
import dev.notebay.cli.terminal.CliFailure;
import dev.notebay.rpc.ErrorStatus;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/** Says in one line what a service answered, and in another what to do about it. */
final class GrpcFailures {
  private GrpcFailures() {}

  static CliFailure explain(
      StatusRuntimeException failure, String service, Endpoint endpoint, boolean remote) {
    Status status = failure.getStatus();
    if (status.getCause() instanceof CliFailure ours) {
      return ours;
    }
    String message = messageOf(status);
    String reason = ErrorStatus.reasonOf(failure).orElse("");
    if (status.getCode() == Status.Code.UNAVAILABLE && !reason.isEmpty()) {
      return CliFailure.unavailable(message, "try again; what goes on: ./notebay logs " + service);
    }
    return switch (status.getCode()) {
      case UNAVAILABLE ->
          CliFailure.unavailable(
              "the " + service + " at " + endpoint + " does not answer",
              remote
                  ? "check NOTEBAY_SCHEDULER_GRPC, NOTEBAY_STORAGE_GRPC and the network"
                  : "start it with: ./notebay up   (what runs now: ./notebay status)");
      case DEADLINE_EXCEEDED ->
          CliFailure.unavailable(
              "the " + service + " at " + endpoint + " did not answer in time",
              "try again; what it is doing: ./notebay logs " + service);
      case UNAUTHENTICATED ->
          CliFailure.refused(
              "the " + service + " at " + endpoint + " does not accept your token",
              remote
                  ? "get a new token into NOTEBAY_TOKEN or NOTEBAY_TOKEN_FILE"
                  : "it may run with other keys (another NOTEBAY_HOME?); restart it: ./notebay down"
                      + " --keep-sessions && ./notebay up");
      case INTERNAL, UNKNOWN, DATA_LOSS ->
          CliFailure.unavailable(
              "the " + service + " failed: " + message, "see: ./notebay logs " + service);
      case UNIMPLEMENTED ->
          CliFailure.unavailable(
              "the " + service + " at " + endpoint + " cannot do this",
              "it may be of another version: ./notebay down --keep-sessions && ./notebay up");
      default -> CliFailure.refused(message, hint(reason));
    };
  }

  private static String hint(String reason) {
    return switch (reason) {
      case "SESSION_NOT_FOUND" -> "your sessions: ./notebay session list --all";
      case "TOO_MANY_SESSIONS" ->
          "stop one: ./notebay session list, then ./notebay session stop ID";
      case "ACCELERATOR_IMPOSSIBLE", "ACCELERATOR_UNKNOWN", "COMPUTE_IMPOSSIBLE" ->
          "what there is: ./notebay accelerators";
      case "QUEUE_NOT_FOUND", "NO_QUOTA_FOR_CLASS" -> "the queues: ./notebay queue list";
      case "QUEUE_IN_USE" -> "keep it in the file until then";
      case "ADMIN_REQUIRED" -> "ask an admin of this installation";
      case "VOLUME_NOT_FOUND" -> "your volumes: ./notebay volume list";
      case "VOLUME_MOUNTED" -> "stop the session that has it first: ./notebay session list";
      case "FILE_NOT_FOUND" -> "what is there: ./notebay volume ls VOLUME";
      default -> "";
    };
  }

  private static String messageOf(Status status) {
    String description = status.getDescription();
    return description == null || description.isBlank()
        ? status.getCode().name()
        : description.lines().findFirst().orElse("");
  }
}
