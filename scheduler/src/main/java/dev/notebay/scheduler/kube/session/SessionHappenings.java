package dev.notebay.scheduler.kube.session;

import static dev.notebay.scheduler.kube.session.SessionConditions.IDLE_WARNING;
import static dev.notebay.scheduler.kube.session.SessionConditions.PREEMPTION_NOTICE;

import dev.notebay.scheduler.kube.session.NotebookSessionStatus.Placement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What happened between two statuses of an object, for {@code kubectl describe}. The reasons are
 * stable. What came and went between the two is not told.
 */
final class SessionHappenings {
  private SessionHappenings() {}

  /**
   * One of them.
   *
   * @param reason CamelCase, stable
   * @param warning whether somebody may have to do something
   * @param note for people
   */
  record Happening(String reason, boolean warning, String note) {}

  static List<Happening> between(
      @Nullable NotebookSessionStatus before, NotebookSessionStatus after) {
    List<Happening> happenings = new ArrayList<>();
    Placement placement = after.placement();
    if (placement != null && (before == null || isNew(before.placement(), placement))) {
      happenings.add(
          new Happening("Placed", false, after.accelerator() + " on node " + placement.node()));
    }
    if (before == null || before.state() != after.state() || isOtherRefusal(before, after)) {
      happenings.addAll(arrival(after));
    }
    if (isTrueNow(IDLE_WARNING, before, after)) {
      happenings.add(new Happening("IdleWarning", true, message(IDLE_WARNING, after)));
    }
    if (isTrueNow(PREEMPTION_NOTICE, before, after)) {
      happenings.add(new Happening("PreemptionNotice", true, message(PREEMPTION_NOTICE, after)));
    }
    return happenings;
  }

  private static List<Happening> arrival(NotebookSessionStatus after) {
    return switch (after.state()) {
      case null -> List.of();
      case REJECTED -> List.of(new Happening("Rejected", true, text(after.message())));
      case QUEUED ->
          List.of(
              new Happening(
                  "Queued", false, after.queue() == null ? "" : text(after.queue().message())));
      // Told as Placed.
      case STARTING -> List.of();
      case RUNNING -> List.of(new Happening("Ready", false, "its Jupyter server answers"));
      case STOPPING -> List.of(new Happening("Stopping", false, why(after)));
      case STOPPED -> List.of(new Happening("Stopped", false, why(after)));
      case FAILED -> List.of(new Happening("Failed", true, why(after)));
    };
  }

  private static boolean isNew(@Nullable Placement before, Placement after) {
    return before == null || before.attempt() != after.attempt();
  }

  private static boolean isOtherRefusal(NotebookSessionStatus before, NotebookSessionStatus after) {
    return after.state() == NotebookSessionStatus.State.REJECTED
        && !Objects.equals(before.reason(), after.reason());
  }

  private static boolean isTrueNow(
      String condition, @Nullable NotebookSessionStatus before, NotebookSessionStatus after) {
    return isTrue(condition, after) && (before == null || !isTrue(condition, before));
  }

  private static boolean isTrue(String condition, NotebookSessionStatus status) {
    return status
        .condition(condition)
        .filter(found -> found.status() == SessionCondition.Status.True)
        .isPresent();
  }

  private static String message(String condition, NotebookSessionStatus status) {
    return status.condition(condition).map(SessionCondition::message).orElse("");
  }

  private static String why(NotebookSessionStatus status) {
    return text(status.reason()) + ": " + text(status.message());
  }

  private static String text(@Nullable String text) {
    return text == null ? "" : text;
  }
}
