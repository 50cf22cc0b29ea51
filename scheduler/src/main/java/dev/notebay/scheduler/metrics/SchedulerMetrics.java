package dev.notebay.scheduler.metrics;

import dev.notebay.scheduler.core.fleet.AcceleratorSummary;
import dev.notebay.scheduler.core.leader.Epoch;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import dev.notebay.scheduler.core.session.SessionState.Running;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import dev.notebay.scheduler.core.session.SessionState.Stopping;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;

/**
 * The scheduler's meters. Every label is one of a few known values and exists from the start, or
 * from when this replica leads; no person and no session is one.
 */
public final class SchedulerMetrics {
  private static final List<String> LIVE_STATES =
      List.of("QUEUED", "STARTING", "RUNNING", "STOPPING");

  private final AtomicLong leads = new AtomicLong();
  private final AtomicLong epoch = new AtomicLong();
  private final MultiGauge sessions;
  private final Map<EndReason, Counter> ends = new EnumMap<>(EndReason.class);
  private final MultiGauge devices;
  private final MultiGauge takenDevices;
  private volatile Map<String, Long> states = Map.of();
  private volatile Map<String, AcceleratorSummary> classes = Map.of();
  private final Timer queueWait;
  private final Timer claim;
  private final Timer start;
  private final Counter heartbeats;
  private final Counter refusedClaims;
  private final Counter failedPasses;
  private final Timer passes;

  public SchedulerMetrics(MeterRegistry registry) {
    Gauge.builder("notebay.scheduler.leader", leads, AtomicLong::get)
        .description("Whether this replica leads: 1 or 0")
        .register(registry);
    Gauge.builder("notebay.scheduler.epoch", epoch, AtomicLong::get)
        .description("The last reign of this replica, 0 before the first; the leader's is greatest")
        .register(registry);
    sessions =
        MultiGauge.builder("notebay.sessions")
            .description("Sessions that are not over")
            .register(registry);
    for (EndReason reason : EndReason.values()) {
      ends.put(
          reason,
          Counter.builder("notebay.session.ends")
              .description("Sessions that ended")
              .tag("reason", reason.name())
              .tag("state", reason.isFault() ? "FAILED" : "STOPPED")
              .register(registry));
    }
    devices =
        MultiGauge.builder("notebay.devices")
            .description("Accelerators of the fleet")
            .register(registry);
    takenDevices =
        MultiGauge.builder("notebay.devices.taken")
            .description("Accelerators that a session holds")
            .register(registry);
    queueWait =
        timer(registry, "notebay.session.queue.wait", "From request to placement", Tags.empty());
    claim =
        timer(
            registry,
            "notebay.session.start",
            "From placement to the end of a phase",
            Tags.of("phase", "claimed"));
    start =
        timer(
            registry,
            "notebay.session.start",
            "From placement to the end of a phase",
            Tags.of("phase", "ready"));
    heartbeats =
        Counter.builder("notebay.agent.heartbeats")
            .description("Heartbeats of agents")
            .register(registry);
    refusedClaims =
        Counter.builder("notebay.agent.claims.refused")
            .description("Runtimes that asked for a session that was not theirs")
            .register(registry);
    failedPasses =
        Counter.builder("notebay.reconcile.failures")
            .description("Passes of the control loop that failed")
            .register(registry);
    passes = timer(registry, "notebay.reconcile", "Passes of the control loop", Tags.empty());
  }

  private static Timer timer(MeterRegistry registry, String name, String description, Tags tags) {
    return Timer.builder(name)
        .description(description)
        .tags(tags)
        .serviceLevelObjectives(
            Duration.ofMillis(10),
            Duration.ofMillis(100),
            Duration.ofMillis(500),
            Duration.ofSeconds(1),
            Duration.ofSeconds(5),
            Duration.ofSeconds(30),
            Duration.ofMinutes(2),
            Duration.ofMinutes(15),
            Duration.ofHours(2))
        .register(registry);
  }

  /** A session was written. */
  public void changed(Session session) {
    switch (session.state()) {
      case Starting(var assignment, var claimedBy) -> {
        if (claimedBy.isEmpty()) {
          queueWait.record(between(session.created(), assignment.at()));
        } else {
          claim.record(between(assignment.at(), session.updated()));
        }
      }
      case Running(var assignment, _, _, var readyAt, _) -> {
        // Written again later, by an extension or by an agent that moved.
        if (readyAt.equals(session.updated())) {
          start.record(between(assignment.at(), readyAt));
        }
      }
      case Ended(var reason, _, var at, _) -> {
        if (at.equals(session.updated())) {
          Objects.requireNonNull(ends.get(reason)).increment();
        }
      }
      case Queued _, Stopping _ -> {}
    }
  }

  /**
   * Whether this replica leads. What only the leader sees is not reported by any other, so that
   * sums over replicas are right and nothing stale is left.
   */
  public synchronized void leads(Optional<Epoch> reign) {
    leads.set(reign.isPresent() ? 1 : 0);
    reign.ifPresent(present -> epoch.set(present.number()));
    if (reign.isEmpty()) {
      for (MultiGauge seen : List.of(sessions, devices, takenDevices)) {
        seen.register(List.of(), true);
      }
    }
  }

  /**
   * What the control loop saw, of a replica that leads; of one that leads no more nothing is
   * reported.
   *
   * @param waiting how many sessions are queued
   * @param others those that are not
   */
  public synchronized void seen(
      int waiting, Collection<Session> others, List<AcceleratorSummary> accelerators) {
    if (leads.get() == 0) {
      return;
    }
    Map<String, Long> counts = new HashMap<>();
    counts.put("QUEUED", (long) waiting);
    others.forEach(session -> counts.merge(session.state().label(), 1L, Long::sum));
    states = counts;
    classes =
        accelerators.stream()
            .collect(Collectors.toMap(AcceleratorSummary::type, Function.identity()));
    // Gauges that are there stay, and read what was seen last: no scrape misses one.
    sessions.register(
        LIVE_STATES.stream()
            .map(
                state ->
                    MultiGauge.Row.of(
                        Tags.of("state", state),
                        this,
                        metrics -> metrics.states.getOrDefault(state, 0L)))
            .toList());
    devices.register(rows(accelerators, AcceleratorSummary::total));
    takenDevices.register(rows(accelerators, type -> type.total() - type.free()));
  }

  private List<MultiGauge.Row<?>> rows(
      List<AcceleratorSummary> accelerators, ToIntFunction<AcceleratorSummary> value) {
    return accelerators.stream()
        .<MultiGauge.Row<?>>map(
            type ->
                MultiGauge.Row.of(
                    Tags.of(
                        "accelerator", type.type(), "declared", Boolean.toString(type.declared())),
                    this,
                    metrics -> value.applyAsInt(metrics.classes.getOrDefault(type.type(), type))))
        .toList();
  }

  public void passed(Duration took) {
    passes.record(took);
  }

  public void passFailed() {
    failedPasses.increment();
  }

  public void heartbeat() {
    heartbeats.increment();
  }

  public void claimRefused() {
    refusedClaims.increment();
  }

  private static Duration between(Instant start, Instant end) {
    Duration duration = Duration.between(start, end);
    return duration.isNegative() ? Duration.ZERO : duration;
  }
}
