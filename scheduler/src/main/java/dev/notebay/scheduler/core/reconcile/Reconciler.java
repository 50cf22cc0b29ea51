package dev.notebay.scheduler.core.reconcile;

import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.launch.AgentLinks;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.launch.RuntimeView;
import dev.notebay.scheduler.core.queue.WaitingLine;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionEvent;
import dev.notebay.scheduler.core.session.SessionEvent.RuntimeGone;
import dev.notebay.scheduler.core.session.SessionEvent.StopAsked;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import dev.notebay.scheduler.core.session.SessionState.Running;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import dev.notebay.scheduler.core.session.SessionState.Stopping;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Decides the next steps of all sessions and runtimes from one view of them, and of who waits as
 * the line has it, which was told the same: running steps twice changes nothing more.
 *
 * <ol>
 *   <li>Every queued session is placed, told to wait, or failed as impossible ({@link
 *       WaitingLine}).
 *   <li>A starting session without a runtime gets one; one whose runtime has ended, whose start is
 *       given up, or that takes too long, stops.
 *   <li>A running session whose runtime has ended, or whose notice is over, stops. One whose agent
 *       is merely silent goes on.
 *   <li>A stopping session's agent, which every replica tells ({@link AgentLinks}), is given some
 *       time, then forced. Only when nothing of it runs any more is it over, and its devices free.
 *   <li>An ended session's mounts are released.
 *   <li>A runtime that belongs to no session's present attempt is ended and removed.
 * </ol>
 *
 * What always holds: a session loses its runtime, and a device is freed, only after a look of its
 * own ({@link Step.WriteIfGone}) has found the runtime ended or gone, however old the view is.
 */
public final class Reconciler {
  private final WaitingLine line;
  private final Limits limits;

  public Reconciler(WaitingLine line, Limits limits) {
    this.line = line;
    this.limits = limits;
  }

  public List<Step> decide(View view) {
    Map<RuntimeName, RuntimeView> unclaimed = HashMap.newHashMap(view.runtimes().size());
    view.runtimes().forEach(runtime -> unclaimed.put(runtime.name(), runtime));
    List<Step> steps = new ArrayList<>();
    for (Session session : view.sessions()) {
      decide(session, runtimeOf(session, unclaimed), view, steps);
    }
    for (WaitingLine.Verdict verdict : line.decide(view.nodes(), view.now())) {
      write(verdict.session(), verdict.event(), steps);
    }
    if (!unclaimed.isEmpty()) {
      cleanUp(view, unclaimed.keySet(), steps);
    }
    // What is only written is done before what may take long, and what one transaction can take is
    // together.
    steps.sort(Comparator.comparing(Reconciler::rank));
    return steps;
  }

  /** Decides on those who wait for the sake of those who ask about them; nothing is done. */
  void watch(List<Node> nodes, Instant now) {
    line.decide(nodes, now);
  }

  private void decide(Session session, Optional<RuntimeView> runtime, View view, List<Step> steps) {
    Instant now = view.now();
    switch (session.state()) {
      case Queued _ -> {}
      case Starting(var assignment, var claimedBy) -> {
        if (runtime.isPresent()
            && runtime.get() instanceof RuntimeView.Ended(_, var reason, var message, _)) {
          writeIfGone(session, new RuntimeGone(reason.ofStart(), message, now), steps);
        } else if (runtime.isPresent() && runtime.get() instanceof RuntimeView.Starting progress) {
          progress
              .givenUp(view.watchedSince(), now)
              .ifPresent(
                  why -> write(session, new StopAsked(why.reason(), why.message(), now), steps));
        } else if (isPast(later(assignment.at(), view.watchedSince()), limits.start(), now)) {
          write(
              session,
              new StopAsked(
                  EndReason.START_TIMEOUT,
                  "the runtime was not ready within " + limits.start().toSeconds() + " s",
                  now),
              steps);
        } else if (runtime.isEmpty() && claimedBy.isEmpty()) {
          steps.add(new Step.Start(session));
        } else if (runtime.isEmpty()) {
          writeIfGone(
              session,
              new RuntimeGone(EndReason.START_FAILED, "nothing is left of the runtime", now),
              steps);
        }
      }
      case Running _ -> {
        if (runtime.isEmpty()) {
          writeIfGone(
              session,
              new RuntimeGone(EndReason.RUNTIME_LOST, "nothing is left of the runtime", now),
              steps);
        } else if (runtime.get() instanceof RuntimeView.Ended(_, var reason, var message, _)) {
          writeIfGone(session, new RuntimeGone(reason, message, now), steps);
        } else if (session.preemptAt().filter(now::isAfter).isPresent()) {
          write(session, StopAsked.noticeIsOver(now), steps);
        } else if (session
            .lifetimeEnd()
            .filter(end -> isPast(later(end, view.watchedSince()), limits.lifetimeGrace(), now))
            .isPresent()) {
          write(
              session,
              new StopAsked(EndReason.MAX_LIFETIME, "the maximum lifetime has passed", now),
              steps);
        }
      }
      case Stopping(_, var reason, var message, var since) -> {
        if (runtime.isEmpty() || runtime.get() instanceof RuntimeView.Ended) {
          writeIfGone(session, new RuntimeGone(reason, message, now), steps);
        } else if (isPast(since, limits.stopGrace(), now)) {
          steps.add(new Step.Terminate(nameOf(session)));
        }
      }
      case Ended(_, _, _, var volumeHeld) -> {
        if (volumeHeld) {
          steps.add(new Step.ReleaseVolume(session));
        }
      }
    }
  }

  private static int rank(Step step) {
    return switch (step) {
      case Step.Write _ -> 0;
      case Step.WriteIfGone _ -> 1;
      case Step.Start _, Step.Terminate _, Step.ReleaseVolume _, Step.Remove _ -> 2;
    };
  }

  /** Of its present attempt; taken out of {@code unclaimed} where the session wants it. */
  private static Optional<RuntimeView> runtimeOf(
      Session session, Map<RuntimeName, RuntimeView> unclaimed) {
    if (session.attempt() == 0) {
      return Optional.empty();
    }
    RuntimeName name = nameOf(session);
    return Optional.ofNullable(
        session.state().held().isPresent() ? unclaimed.remove(name) : unclaimed.get(name));
  }

  private static void cleanUp(View view, Set<RuntimeName> unclaimed, List<Step> steps) {
    for (RuntimeView runtime : view.runtimes()) {
      if (unclaimed.contains(runtime.name())) {
        switch (runtime) {
          case RuntimeView.Starting(var name, _, _, _, _) -> steps.add(new Step.Terminate(name));
          case RuntimeView.Running(var name) -> steps.add(new Step.Terminate(name));
          case RuntimeView.Ended(var name, _, _, _) -> steps.add(new Step.Remove(name));
        }
      }
    }
  }

  private static void write(Session session, SessionEvent event, List<Step> steps) {
    session.on(event).ifPresent(next -> steps.add(new Step.Write(next)));
  }

  private static void writeIfGone(Session session, RuntimeGone event, List<Step> steps) {
    session.on(event).ifPresent(next -> steps.add(new Step.WriteIfGone(nameOf(session), next)));
  }

  private static RuntimeName nameOf(Session session) {
    return new RuntimeName(session.id(), session.attempt());
  }

  private static Instant later(Instant one, Instant other) {
    return one.isAfter(other) ? one : other;
  }

  private static boolean isPast(Instant start, Duration bound, Instant now) {
    return now.isAfter(start.plus(bound));
  }
}
