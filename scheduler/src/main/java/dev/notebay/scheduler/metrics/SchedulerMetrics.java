package dev.notebay.scheduler.metrics;

import dev.notebay.scheduler.core.fleet.AcceleratorSummary;
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
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The scheduler's meters. Every label is one of a few known values and exists from the start; no
 * person and no session is one.
 */
public final class SchedulerMetrics {
  private static final List<String> LIVE_STATES =
      List.of("QUEUED", "STARTING", "RUNNING", "STOPPING");

  private final Map<String, AtomicLong> sessions = new ConcurrentHashMap<>();
  private final Map<EndReason, Counter> ends = new EnumMap<>(EndReason.class);
  private final MultiGauge devices;
  private final MultiGauge takenDevices;
  private final Timer queueWait;
  private final Timer claim;
  private final Timer start;
  private final Counter heartbeats;
  private final Counter refusedClaims;
  private final Counter failedPasses;
  private final Timer passes;

  public SchedulerMetrics(MeterRegistry registry) {
    for (String state : LIVE_STATES) {
      AtomicLong value = sessions.computeIfAbsent(state, _ -> new AtomicLong());
      Gauge.builder("notebay.sessions", value, AtomicLong::get)
          .description("Sessions that are not over")
          .tag("state", state)
          .register(registry);
    }
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
      case Running(var assignment, _, _, var readyAt) -> {
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

  /** What a pass of the control loop saw. */
  public void seen(Collection<Session> unfinished, List<AcceleratorSummary> accelerators) {
    Map<String, Long> counts = new TreeMap<>();
    unfinished.forEach(session -> counts.merge(session.state().label(), 1L, Long::sum));
    sessions.forEach((state, value) -> value.set(counts.getOrDefault(state, 0L)));
    devices.register(accelerators.stream().map(type -> row(type, type.total())).toList(), true);
    takenDevices.register(
        accelerators.stream().map(type -> row(type, type.total() - type.free())).toList(), true);
  }

  private static MultiGauge.Row<Number> row(AcceleratorSummary type, int value) {
    return MultiGauge.Row.of(
        Tags.of("accelerator", type.type(), "declared", Boolean.toString(type.declared())), value);
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
