package dev.notebay.reliability.planted;

import static dev.notebay.reliability.planted.PlantedBug.harmful;
import static dev.notebay.reliability.planted.PlantedBug.harmless;

import java.util.List;

/** Bugs of what is decided from a view. */
final class DecisionBugs {
  private static final String RECONCILER = "dev.notebay.scheduler.core.reconcile.Reconciler";
  private static final String LINE = "dev.notebay.scheduler.core.queue.WaitingLine";
  private static final String ENTRY = "dev.notebay.scheduler.core.queue.Entry";

  private static final Patch NO_FORCE =
      new Patch(RECONCILER, "steps.add(new Step.Terminate(nameOf(session)));", "steps.isEmpty();");
  private static final Patch NO_CLEANING =
      new Patch(
          RECONCILER,
          "case RuntimeView.Running(var name) -> steps.add(new Step.Terminate(name));",
          "case RuntimeView.Running _ -> {}");

  static final Patch NO_LIFETIME =
      new Patch(
          RECONCILER,
          ".filter(end -> isPast(later(end, view.watchedSince()), limits.lifetimeGrace(), now))",
          ".filter(end -> now.isBefore(Instant.MIN))");

  private DecisionBugs() {}

  static List<PlantedBug> all() {
    return List.of(
        harmful(
            "free-before-gone",
            "a device is free as soon as its session is to stop",
            new Patch(
                RECONCILER,
                """
                if (runtime.isEmpty() || runtime.get() instanceof RuntimeView.Ended) {
                  writeIfGone(session, new RuntimeGone(reason, message, now), steps);
                } else if (isPast(since""",
                """
                write(session, new RuntimeGone(reason, message, now), steps);
                if (isPast(since""")),
        harmful(
            "missing-is-gone",
            "a running session is ended because a list lacks its runtime",
            new Patch(
                RECONCILER,
                "case Running _ -> { if (runtime.isEmpty()) { writeIfGone(",
                "case Running _ -> { if (runtime.isEmpty()) { write(")),
        harmless(
            "start-of-any-age",
            "a session may start for ever",
            "a start is asked for until its runtime is there or has ended",
            new Patch(
                RECONCILER,
                "isPast(later(assignment.at(), view.watchedSince()), limits.start(), now)",
                "now.isBefore(Instant.MIN)")),
        harmless(
            "time-out-in-a-gap",
            "a start times out while nobody could look after it",
            "nothing, but no promise is broken: a start that nobody watched gets no second chance (ReconcilerTest)",
            new Patch(
                RECONCILER,
                "isPast(later(assignment.at(), view.watchedSince()), limits.start(), now)",
                "isPast(assignment.at(), limits.start(), now)")),
        harmful(
            "start-time-out-halved",
            "a start times out too early",
            new Patch(
                RECONCILER,
                "isPast(later(assignment.at(), view.watchedSince()), limits.start(), now)",
                "isPast(later(assignment.at(), view.watchedSince()), limits.start().dividedBy(2), now)")),
        harmless(
            "claimed-start-forgotten",
            "a session whose claimed runtime is gone starts for ever",
            "a start takes its time and no more",
            new Patch(
                RECONCILER,
                """
                } else if (runtime.isEmpty()) {
                  writeIfGone(
                      session,
                      new RuntimeGone(EndReason.START_FAILED,""",
                """
                } else if (now.isBefore(Instant.MIN)) {
                  writeIfGone(
                      session,
                      new RuntimeGone(EndReason.START_FAILED,""")),
        harmful(
            "start-failure-not-seen",
            "a session whose runtime ended while it started is not stopped",
            new Patch(
                RECONCILER,
                "writeIfGone(session, new RuntimeGone(reason.ofStart(), message, now), steps);",
                "message.isEmpty();")),
        harmless(
            "lifetime-not-enforced",
            "a session that its agent does not end is never ended",
            "the agent ends its session itself",
            NO_LIFETIME),
        harmless(
            "never-forced",
            "a runtime that does not end is never forced to",
            "the agent, which every replica tells, and whose claim is refused from then on",
            NO_FORCE),
        harmless(
            "orphans-left",
            "a runtime that nobody wants is left alone",
            "a runtime that nobody wants is refused when it claims, and ends",
            NO_CLEANING),
        harmless(
            "nothing-terminated",
            "no runtime is ever ended by force",
            "every runtime's agent asks, is told or refused, and ends",
            NO_FORCE,
            NO_CLEANING),
        harmful(
            "remains-left",
            "what an ended runtime left is never removed",
            new Patch(
                RECONCILER,
                "case RuntimeView.Ended(var name, _, _, _) -> steps.add(new Step.Remove(name));",
                "case RuntimeView.Ended _ -> {}")),
        harmless(
            "removed-while-running",
            "a runtime that nobody wants is removed as if it had ended",
            "a launcher removes only what has ended",
            new Patch(
                RECONCILER,
                "case RuntimeView.Running(var name) -> steps.add(new Step.Terminate(name));",
                "case RuntimeView.Running(var name) -> steps.add(new Step.Remove(name));")),
        harmful(
            "newer-attempt-cleaned-up",
            "a runtime of the present attempt is taken for one that nobody wants",
            new Patch(
                RECONCILER,
                "session.state().held().isPresent() ?",
                "session.state().held().isPresent() && session.attempt() < 2 ?")),
        harmful(
            "volume-never-released",
            "a session that is over keeps its volume",
            new Patch(RECONCILER, "if (volumeHeld) {", "if (volumeHeld && steps.size() > 1000) {")),
        harmful(
            "volume-released-before-gone",
            "a volume is free as soon as its session is to stop",
            new Patch(
                RECONCILER,
                "case Stopping(_, var reason, var message, var since) -> {",
                """
                case Stopping(_, var reason, var message, var since) -> {
                  steps.add(new Step.ReleaseVolume(session));
                """)),
        harmless(
            "stopping-holds-nothing",
            "what a stopping session holds is given to others",
            "a device is booked once: the placement is refused",
            new Patch(
                LINE,
                "case Starting _, Stopping _ -> engine.put(",
                """
                case Stopping(_, _, _, var since) -> engine.remove(session.id(), since);
                case Starting _ -> engine.put(""")),
        harmful(
            "decided-is-done",
            "what was decided and not carried out is not decided again",
            new Patch(
                LINE,
                "verdicts.forEach(verdict -> untold.add(verdict.session().id()));",
                "verdicts.isEmpty();")),
        harmful(
            "gone-goes-on-waiting",
            "what is over holds its place for ever",
            new Patch(LINE, "engine.remove(id, now);", "engine.nextPass();"),
            new Patch(LINE, "engine.remove(session.id(), at);", "engine.nextPass();")),
        harmful(
            "held-back-for-ever",
            "a session that was held back is never placed",
            new Patch(ENTRY, ".map(until -> now < until)", ".map(until -> true)")));
  }
}
