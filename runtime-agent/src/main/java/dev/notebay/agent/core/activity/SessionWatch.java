package dev.notebay.agent.core.activity;

import dev.notebay.agent.core.kernel.KernelView;
import dev.notebay.agent.core.kernel.Kernels;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Keeps the idle contract: looks, tells the scheduler what it saw, warns clients, and asks for the
 * end. Only the scheduler's answer ends an idle session; the end of the lifetime is kept without
 * it.
 */
public final class SessionWatch {
  private static final Duration ANSWER_AWAITED = Duration.ofSeconds(10);
  private static final Duration GRACE = Duration.ofSeconds(5);

  private final Kernels kernels;
  private final AgentClock clock;
  private final Scheduler scheduler;
  private final Clients clients;
  private final SessionEnd end;
  private History history;
  private Optional<Policy> policy = Optional.empty();
  private Optional<Duration> lastRequest = Optional.empty();
  private Optional<Cause> warnedOf = Optional.empty();
  private boolean unassigned;
  private Optional<Duration> lifetimeEndAsked = Optional.empty();

  public SessionWatch(
      Kernels kernels, AgentClock clock, Scheduler scheduler, Clients clients, SessionEnd end) {
    this.kernels = kernels;
    this.clock = clock;
    this.scheduler = scheduler;
    this.clients = clients;
    this.end = end;
    this.history = History.beginning(clock.elapsed());
  }

  /** The policy from now on; an older one than the known is ignored. */
  public synchronized void follow(Policy newer) {
    if (policy.isEmpty() || newer.generation() >= policy.get().generation()) {
      policy = Optional.of(newer);
    }
  }

  /** A client has asked for something that counts as use. */
  public synchronized void requested() {
    lastRequest = Optional.of(clock.elapsed());
  }

  /** Code in the session has asked for its end: asks the scheduler until it answers. */
  public synchronized void unassign() {
    unassigned = true;
  }

  /** When the session was last active, or might have been. */
  public synchronized Instant lastActive() {
    Duration point = history.lastActive();
    return clock.timeOf(lastRequest.filter(request -> request.compareTo(point) > 0).orElse(point));
  }

  /** Looks once. Without a policy there is nothing to keep. */
  public void runOnce() {
    keepLifetime();
    // Not under the lock: a look that never returns must not hinder anything else.
    Look look = look();
    judge(look);
  }

  /**
   * Ends the session whose lifetime is over. Waits for nobody: for this it does not matter how the
   * kernels are.
   */
  public synchronized void keepLifetime() {
    Duration now = clock.elapsed();
    Optional<Policy> over =
        policy.filter(
            kept -> kept.lifetimeEnd().filter(end -> end.compareTo(now) <= 0).isPresent());
    if (over.isEmpty()) {
      lifetimeEndAsked = Optional.empty();
      return;
    }
    var cut = new Verdict.Cut(history.lastActive(), over.get().lifetimeEndCause());
    if (!unassigned) {
      scheduler.requestEnd(cut.cause(), explain(cut), over.get().generation());
    }
    Duration asked = lifetimeEndAsked.orElse(now);
    lifetimeEndAsked = Optional.of(asked);
    if (!scheduler.isConnected() || now.minus(asked).compareTo(ANSWER_AWAITED) >= 0) {
      end.end(cut.cause().name(), explain(cut), GRACE);
    }
  }

  private synchronized void judge(Look look) {
    if (policy.isEmpty()) {
      return;
    }
    Policy current = policy.get();
    IdleContract.Step step = IdleContract.step(history, look, lastRequest, current);
    history = step.history();
    List<KernelView> seen = look instanceof Look.Seen(_, var views) ? views : List.of();
    scheduler.report(new Report(activity(step.verdict()), seen, clients.connected()));
    warn(step.verdict());
    if (unassigned) {
      scheduler.requestEnd(
          Cause.USER_REQUEST, "The session asked for its own end.", current.generation());
    } else if (step.verdict() instanceof Verdict.Cut cut) {
      scheduler.requestEnd(cut.cause(), explain(cut), current.generation());
    } else {
      scheduler.withdrawEnd();
    }
  }

  private Look look() {
    try {
      List<KernelView> views = kernels.list();
      return new Look.Seen(clock.elapsed(), views);
    } catch (RuntimeException failure) {
      String why = failure.getMessage();
      return new Look.Failed(
          clock.elapsed(), why == null ? failure.getClass().getSimpleName() : why);
    }
  }

  private void warn(Verdict verdict) {
    switch (verdict) {
      case Verdict.Warn(_, _, Ending next) -> {
        if (warnedOf.isEmpty() || warnedOf.get() != next.cause()) {
          warnedOf = Optional.of(next.cause());
          clients.announce(
              new Notice.EndIsNear(next.cause(), clock.timeOf(next.at()), explain(verdict)));
        }
      }
      case Verdict.Active _, Verdict.Idle _, Verdict.Unknown _ -> {
        if (warnedOf.isPresent()) {
          warnedOf = Optional.empty();
          clients.announce(new Notice.EndPostponed("The session goes on."));
        }
      }
      case Verdict.Cut _ -> {}
    }
  }

  private Optional<Report.Activity> activity(Verdict verdict) {
    String words = explain(verdict);
    return switch (verdict) {
      case Verdict.Active(_, Optional<Ending> next) ->
          Optional.of(activity(true, next, false, words));
      case Verdict.Idle(_, Optional<Ending> next) ->
          Optional.of(activity(false, next, false, words));
      case Verdict.Warn(boolean active, _, Ending next) ->
          Optional.of(activity(active, Optional.of(next), true, words));
      case Verdict.Cut(_, Cause cause) ->
          Optional.of(
              activity(false, Optional.of(new Ending(clock.elapsed(), cause)), true, words));
      case Verdict.Unknown _ -> Optional.empty();
    };
  }

  private Report.Activity activity(
      boolean active, Optional<Ending> next, boolean warned, String words) {
    return new Report.Activity(
        active,
        lastActive(),
        next.map(ending -> clock.timeOf(ending.at())),
        next.map(Ending::cause),
        warned,
        words);
  }

  private String explain(Verdict verdict) {
    return switch (verdict) {
      case Verdict.Active(String why, _) -> "active: " + why;
      case Verdict.Idle(Duration since, _) -> "idle for " + age(since);
      case Verdict.Warn(_, Duration since, Ending next) ->
          switch (next.cause()) {
            case IDLE_TIMEOUT ->
                "Nothing has run for %s: this session ends in %s unless it is used or extended."
                    .formatted(age(since), until(next.at()));
            case USER_REQUEST -> "The session asked for its own end.";
            case PREEMPTED ->
                "This session's devices are needed by others: it ends in %s."
                    .formatted(until(next.at()));
            case MAX_LIFETIME ->
                "This session reaches its maximum lifetime and ends in %s."
                    .formatted(until(next.at()));
          };
      case Verdict.Cut(Duration since, Cause cause) ->
          switch (cause) {
            case IDLE_TIMEOUT -> "Nothing has run for %s.".formatted(age(since));
            case USER_REQUEST -> "The session asked for its own end.";
            case PREEMPTED -> "The session's devices were needed by others.";
            case MAX_LIFETIME -> "The session has reached its maximum lifetime.";
          };
      case Verdict.Unknown(String why, _) -> "not known: " + why;
    };
  }

  private String age(Duration since) {
    return words(clock.elapsed().minus(since));
  }

  private String until(Duration at) {
    return words(at.minus(clock.elapsed()));
  }

  private static String words(Duration length) {
    long seconds = Math.max(0, length.plusMillis(500).toSeconds());
    return seconds < 120 ? seconds + " s" : (seconds + 30) / 60 + " min";
  }
}
