package dev.notebay.scheduler.core;

import dev.notebay.scheduler.core.fleet.Device;
import dev.notebay.scheduler.core.fleet.Fleet;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.placement.TightestFit;
import dev.notebay.scheduler.core.queue.Activity;
import dev.notebay.scheduler.core.queue.QueueSettings;
import dev.notebay.scheduler.core.queue.WaitingLine;
import dev.notebay.scheduler.core.reconcile.Limits;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.Compute;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.Policy;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionEvent;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionSpec;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;

/** Sessions and nodes for tests. */
public final class Sessions {
  public static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");
  public static final Owner ADA = new Owner("ada");
  public static final long GIBIBYTE = 1L << 30;
  public static final Policy POLICY =
      new Policy(Duration.ofMinutes(90), Duration.ofHours(12), Duration.ofMinutes(5));
  public static final URI JUPYTER = URI.create("http://127.0.0.1:5000");

  private Sessions() {}

  /** Places by the tightest fit, with the usual settings; all are busy. */
  public static WaitingLine line(Fleet fleet) {
    return new WaitingLine(
        fleet,
        _ -> new TightestFit(),
        QueueSettings.USUAL,
        _ -> new Activity.Busy(),
        Limits.USUAL.stopGrace());
  }

  public static SessionId id(int number) {
    return new SessionId(new UUID(0, number));
  }

  public static SessionSpec spec(Accelerator accelerator) {
    return new SessionSpec(
        "", accelerator, new Compute(1000, 2 * GIBIBYTE), Optional.of("drive"), POLICY);
  }

  public static SessionSpec spec(String type, int count) {
    return spec(new Accelerator(type, count));
  }

  /** Queued {@code number} seconds after noon. */
  public static Session queued(int number, SessionSpec spec) {
    return Session.queued(id(number), ADA, spec, NOON.plusSeconds(number));
  }

  public static Session starting(int number, SessionSpec spec, String node, String... devices) {
    return after(
        queued(number, spec),
        new SessionEvent.Placed(
            new Assignment(node, "nvidia-t4", List.of(devices), NOON.plusSeconds(number))));
  }

  public static Session running(int number, SessionSpec spec, String node, String... devices) {
    Instant at = NOON.plusSeconds(number);
    return after(
        starting(number, spec, node, devices),
        new SessionEvent.Claimed("uid", at),
        new SessionEvent.Ready("uid", JUPYTER, at));
  }

  /** The session after events that must all apply. */
  public static Session after(Session session, SessionEvent... events) {
    Session now = session;
    for (SessionEvent event : events) {
      now = now.on(event).orElseThrow(() -> new AssertionError(event + " does not apply"));
    }
    return now;
  }

  public static Node node(String name, int devices, String type) {
    return new Node(
        name,
        8000,
        32 * GIBIBYTE,
        IntStream.range(0, devices)
            .mapToObj(index -> new Device(name + "-" + index, type, 16 * GIBIBYTE, false))
            .toList());
  }
}
