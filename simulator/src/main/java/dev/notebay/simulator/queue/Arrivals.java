package dev.notebay.simulator.queue;

import dev.notebay.scheduler.core.placement.Request;
import dev.notebay.scheduler.core.queue.Waiting;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Compute;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.simulator.queue.QueueWorkload.Visit;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;

/** Sessions of one kind that come to one queue. */
final class Arrivals {
  private static final Duration HOUR = Duration.ofHours(1);

  private Arrivals() {}

  /**
   * Adds them. {@code every} and {@code runs} may be a duration or a range ({@code {from: 10m, to:
   * 2h}}), of which each session draws its own.
   */
  static void add(List<Visit> visits, String queue, YamlField stated, SplittableRandom random) {
    stated.only(
        "count",
        "start",
        "every",
        "users",
        "accelerator",
        "devices",
        "milli",
        "cpu",
        "memoryGib",
        "lifetime",
        "runs",
        "idleAfter",
        "priority");
    int count = stated.get("count").number(1, 1_000_000);
    int users = stated.get("users").number(1, 1_000_000, 1);
    Accelerator accelerator = accelerator(stated);
    var compute =
        new Compute(
            stated.get("cpu").number(1, 1000, 1) * 1000L,
            (long) stated.get("memoryGib").number(1, 10_000, 1) << 30);
    Duration at = stated.get("start").duration(Duration.ZERO);
    for (int index = 0; index < count; index++) {
      YamlField lifetime = stated.get("lifetime");
      YamlField idle = stated.get("idleAfter");
      visits.add(
          new Visit(
              session(
                  visits.size(),
                  queue,
                  queue + "-" + random.nextInt(users),
                  stated.get("priority").number(-1000, 1000, 0),
                  new Request(accelerator, compute),
                  lifetime.isThere() ? Optional.of(lifetime.duration()) : Optional.empty(),
                  at),
              drawn(stated.get("runs"), HOUR, random),
              idle.isThere() ? Optional.of(drawn(idle, HOUR, random)) : Optional.empty()));
      at = at.plus(drawn(stated.get("every"), Duration.ZERO, random));
    }
  }

  static Waiting session(
      long number,
      String queue,
      String owner,
      int priority,
      Request request,
      Optional<Duration> lifetime,
      Duration at) {
    return new Waiting(
        new SessionId(new UUID(0, number)),
        new Owner(owner),
        queue,
        priority,
        request,
        lifetime,
        QueueWorkload.START.plus(at),
        Optional.empty(),
        Optional.empty());
  }

  private static Accelerator accelerator(YamlField stated) {
    int devices = stated.get("devices").number(0, Accelerator.MAXIMUM_COUNT, 1);
    YamlField types = stated.get("accelerator");
    if (devices == 0 || !types.isThere()) {
      return Accelerator.NONE;
    }
    return new Accelerator(
        Arrays.stream(types.text().split("\\|")).toList(),
        devices,
        stated.get("milli").number(1, Accelerator.WHOLE, Accelerator.WHOLE),
        0);
  }

  private static Duration drawn(YamlField stated, Duration otherwise, SplittableRandom random) {
    if (!stated.node().isObject()) {
      return stated.duration(otherwise);
    }
    stated.only("from", "to");
    long from = stated.get("from").duration().toMillis();
    long to = stated.get("to").duration().toMillis();
    if (to < from) {
      throw stated.bad("from at most to");
    }
    return Duration.ofMillis(random.nextLong(from, to + 1));
  }
}
