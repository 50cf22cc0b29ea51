package dev.notebay.cli.grpc;

import dev.notebay.cli.terminal.Quantities;
import dev.notebay.proto.session.v1.Accelerator;
import dev.notebay.proto.session.v1.Condition;
import dev.notebay.proto.session.v1.Session;
import java.math.BigDecimal;
import java.util.stream.Stream;

/** Sessions in words. */
public final class SessionText {
  private SessionText() {}

  /** {@code RUNNING} for {@code STATE_RUNNING}. */
  public static String state(Session session) {
    return session.getState().name().replaceFirst("^STATE_", "");
  }

  /** {@code IDLE_TIMEOUT} for {@code REASON_IDLE_TIMEOUT}; empty where there is none. */
  public static String reason(Session.Reason reason) {
    return reason == Session.Reason.REASON_UNSPECIFIED
        ? ""
        : reason.name().replaceFirst("^REASON_", "");
  }

  /**
   * {@code nvidia-t4 x2}, {@code nvidia-t4 x0.25}, {@code nvidia-a100 or nvidia-l4}, {@code none}.
   */
  public static String accelerator(Accelerator accelerator) {
    String type =
        accelerator.getType().isEmpty()
            ? "none"
            : String.join(
                " or ",
                Stream.concat(
                        Stream.of(accelerator.getType()), accelerator.getElseTypesList().stream())
                    .toList());
    boolean isShare =
        accelerator.getMilli() > 0 && accelerator.getMilli() < Quantities.WHOLE_DEVICE_MILLI;
    if (isShare) {
      return type + " x" + BigDecimal.valueOf(accelerator.getMilli(), 3).stripTrailingZeros();
    }
    return accelerator.getCount() > 1 ? type + " x" + accelerator.getCount() : type;
  }

  /** What a session waits for or does, in one line. */
  public static String progress(Session session) {
    return switch (session.getState()) {
      case STATE_QUEUED ->
          "queued"
              + (session.getQueue().getPosition() > 0
                  ? ", position " + session.getQueue().getPosition()
                  : "")
              + because(session.getQueue().getMessage(), session.getQueue().getReason());
      case STATE_STARTING -> "starting" + because(lastCondition(session), "");
      case STATE_RUNNING -> "running on " + session.getPlacement().getNode();
      case STATE_STOPPING, STATE_STOPPED, STATE_FAILED -> end(session);
      case STATE_UNSPECIFIED, UNRECOGNIZED -> "in a state that this program does not know";
    };
  }

  /** How and why a session ends or ended. */
  public static String end(Session session) {
    String what = state(session).toLowerCase(java.util.Locale.ROOT);
    String reason = reason(session.getReason());
    return what
        + (reason.isEmpty() ? "" : " (" + reason + ")")
        + (session.getMessage().isEmpty() ? "" : ": " + session.getMessage());
  }

  private static String lastCondition(Session session) {
    String last = "";
    for (Condition condition : session.getConditionsList()) {
      if (condition.getType().equals("RuntimeStarted")
          && condition.getStatus() == Condition.Status.STATUS_FALSE
          && !condition.getMessage().isEmpty()) {
        return condition.getMessage();
      }
      if (condition.getStatus() == Condition.Status.STATUS_TRUE) {
        last = condition.getMessage().isEmpty() ? condition.getType() : condition.getMessage();
      }
    }
    return last;
  }

  private static String because(String message, String otherwise) {
    String text = message.isEmpty() ? otherwise : message;
    return text.isEmpty() ? "" : ": " + text;
  }
}
