package dev.notebay.agent.jupyter;

import dev.notebay.agent.core.content.ContentException;
import dev.notebay.agent.core.kernel.AgentException;
import java.nio.file.InvalidPathException;

/** What each failure is over HTTP. */
final class Errors {
  private static final System.Logger LOG = System.getLogger(Errors.class.getName());

  private Errors() {}

  static Reply reply(RuntimeException failure) {
    String message = String.valueOf(failure.getMessage());
    return switch (failure) {
      case Refusal refusal -> Reply.error(refusal.status(), message, refusal.reason());
      case AgentException agent ->
          switch (agent) {
            case AgentException.KernelNotFound _ -> Reply.error(404, message, "Not Found");
            case AgentException.KernelspecNotFound _ -> Reply.error(404, message, "Not Found");
            case AgentException.KernelUnavailable _ ->
                Reply.error(503, message, "Service Unavailable");
            case AgentException.BadMessage _ -> Reply.error(400, message, "Bad Request");
          };
      case ContentException content ->
          switch (content) {
            case ContentException.NotFound _ -> Reply.error(404, message, "Not Found");
            case ContentException.WrongKind _ -> Reply.error(400, message, "bad type");
            case ContentException.Exists _ -> Reply.error(409, message, "Conflict");
            case ContentException.TooLarge _ -> Reply.error(413, message, "Content Too Large");
            case ContentException.Refused _ -> Reply.error(403, message, "Permission denied");
          };
      case InvalidPathException path ->
          Reply.error(404, "no such file or directory: " + path.getInput(), "Not Found");
      default -> {
        LOG.log(System.Logger.Level.ERROR, "request failed", failure);
        yield Reply.error(
            500, "an internal error; the agent's log has it at this time", "Internal Server Error");
      }
    };
  }
}
