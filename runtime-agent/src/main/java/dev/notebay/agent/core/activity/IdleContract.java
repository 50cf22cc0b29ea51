package dev.notebay.agent.core.activity;

import dev.notebay.agent.core.kernel.KernelId;
import dev.notebay.agent.core.kernel.KernelView;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Decides from one look after the other whether a session is used, and when it is cut.
 *
 * <ol>
 *   <li>The end of the lifetime cuts, whatever the session does and whatever is known.
 *   <li>A failed look says nothing: the session may have been active until then.
 *   <li>A kernel that starts, executes (also silently), waits for input, or has said something
 *       since the look before makes the session active, as does a client's request, and an
 *       extension until it ends. An open connection does not.
 *   <li>Otherwise it is idle since it was last active. When the idle timeout is nearer than the
 *       warning time, clients are warned; it is cut when the timeout is over and they have been
 *       warned for the whole warning time.
 * </ol>
 *
 * <p>Always: no idle cut without a successful look at that moment, and none sooner after a warning
 * than the warning time (or the idle timeout, where that is shorter).
 */
public final class IdleContract {
  /** The session after a look, and what the look means. */
  public record Step(History history, Verdict verdict) {}

  private IdleContract() {}

  /**
   * @param lastRequest when a client last asked for something that counts
   */
  public static Step step(
      History before, Look look, Optional<Duration> lastRequest, Policy policy) {
    Duration now = look.at();
    Optional<Ending> lifetime =
        policy.lifetimeEnd().map(end -> new Ending(end, policy.lifetimeEndCause()));
    Step step =
        switch (look) {
          case Look.Failed(_, String why) ->
              new Step(
                  new History(now, before.lastOutput(), Optional.empty()),
                  new Verdict.Unknown(why, lifetime));
          case Look.Seen seen ->
              activity(before, seen, lastRequest, policy)
                  .map(found -> active(seen, found, lifetime))
                  .orElseGet(() -> idle(before, seen, policy, lifetime));
        };
    if (lifetime.isEmpty()) {
      return step;
    }
    Ending end = lifetime.get();
    if (end.at().compareTo(now) <= 0) {
      return new Step(step.history(), new Verdict.Cut(step.history().lastActive(), end.cause()));
    }
    return end.at().minus(policy.warning()).compareTo(now) <= 0 ? warnOfLifetime(step, end) : step;
  }

  private record Found(Duration at, String why) {}

  private static Optional<Found> activity(
      History before, Look.Seen look, Optional<Duration> lastRequest, Policy policy) {
    for (KernelView kernel : look.kernels()) {
      Optional<String> use = useOf(kernel, before);
      if (use.isPresent()) {
        return Optional.of(new Found(look.at(), "kernel " + kernel.id() + " " + use.get()));
      }
    }
    if (policy.extendedUntil().isPresent()
        && policy.extendedUntil().get().compareTo(look.at()) > 0) {
      return Optional.of(new Found(look.at(), "the session was extended"));
    }
    return lastRequest
        .filter(at -> at.compareTo(before.lastActive()) > 0)
        .map(at -> new Found(at, "a client asked for something"));
  }

  private static Optional<String> useOf(KernelView kernel, History before) {
    return switch (kernel.state()) {
      case STARTING, RESTARTING, AUTORESTARTING -> Optional.of("is starting");
      case BUSY -> Optional.of(kernel.waitingForInput() ? "waits for input" : "is executing");
      case IDLE, DEAD -> {
        if (kernel.waitingForInput() && kernel.death().isEmpty()) {
          yield Optional.of("waits for input");
        }
        boolean news = !kernel.lastOutput().equals(before.lastOutput().get(kernel.id()));
        yield news ? Optional.of("has produced output") : Optional.empty();
      }
    };
  }

  private static Step active(Look.Seen look, Found found, Optional<Ending> lifetime) {
    return new Step(
        new History(found.at(), outputs(look), Optional.empty()),
        new Verdict.Active(found.why(), lifetime));
  }

  private static Step idle(
      History before, Look.Seen look, Policy policy, Optional<Ending> lifetime) {
    Duration now = look.at();
    Duration since = before.lastActive();
    if (policy.idleTimeout().isEmpty()) {
      return new Step(
          new History(since, outputs(look), Optional.empty()), new Verdict.Idle(since, lifetime));
    }
    Duration timeout = policy.idleTimeout().get();
    Duration warning = min(policy.warning(), timeout);
    Duration planned = since.plus(timeout);
    Optional<Duration> warned =
        before
            .idleWarning()
            .or(
                () ->
                    planned.minus(warning).compareTo(now) <= 0
                        ? Optional.of(now)
                        : Optional.empty());
    if (warned.isPresent() && planned.minus(warning).compareTo(now) > 0) {
      // A newer policy has moved the end away: who was warned is warned again when it is near.
      warned = Optional.empty();
    }
    var history = new History(since, outputs(look), warned);
    Duration at = warned.map(from -> max(planned, from.plus(warning))).orElse(planned);
    var end = new Ending(at, Cause.IDLE_TIMEOUT);
    if (warned.isEmpty()) {
      return new Step(history, new Verdict.Idle(since, Optional.of(sooner(end, lifetime))));
    }
    return new Step(
        history,
        at.compareTo(now) <= 0
            ? new Verdict.Cut(since, Cause.IDLE_TIMEOUT)
            : new Verdict.Warn(false, since, sooner(end, lifetime)));
  }

  private static Step warnOfLifetime(Step step, Ending end) {
    Duration since = step.history().lastActive();
    Verdict verdict =
        switch (step.verdict()) {
          case Verdict.Active _ -> new Verdict.Warn(true, since, end);
          case Verdict.Idle(_, Optional<Ending> next) ->
              new Verdict.Warn(false, since, sooner(end, next));
          case Verdict.Warn(boolean active, _, Ending next) ->
              new Verdict.Warn(active, since, sooner(end, Optional.of(next)));
          case Verdict.Cut cut -> cut;
          case Verdict.Unknown unknown -> unknown;
        };
    return new Step(step.history(), verdict);
  }

  private static Map<KernelId, Instant> outputs(Look.Seen look) {
    Map<KernelId, Instant> outputs = new LinkedHashMap<>();
    look.kernels().forEach(kernel -> outputs.put(kernel.id(), kernel.lastOutput()));
    return outputs;
  }

  private static Ending sooner(Ending one, Optional<Ending> other) {
    return other.filter(end -> end.at().compareTo(one.at()) < 0).orElse(one);
  }

  private static Duration min(Duration one, Duration other) {
    return one.compareTo(other) <= 0 ? one : other;
  }

  private static Duration max(Duration one, Duration other) {
    return one.compareTo(other) >= 0 ? one : other;
  }
}
