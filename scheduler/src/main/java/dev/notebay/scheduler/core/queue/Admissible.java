package dev.notebay.scheduler.core.queue;

import dev.notebay.scheduler.core.placement.Decision;
import dev.notebay.scheduler.core.placement.Placer;
import dev.notebay.scheduler.core.placement.Request;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/** Whether a queue and the fleet could ever give a request, and if not, what they could. */
final class Admissible {
  private final Queues queues;
  private final Placer placer;

  Admissible(Queues queues, Placer placer) {
    this.queues = queues;
    this.placer = placer;
  }

  /** Why it can never be; empty if it could. */
  Optional<Decision.Never> never(QueueSpec queue, Request request) {
    List<String> types = request.accelerator().types();
    List<String> allowed = types.stream().filter(queue::allows).toList();
    if (allowed.isEmpty()) {
      return Optional.of(noQuota(queue, types));
    }
    long wanted = (long) request.accelerator().count() * request.accelerator().milli();
    List<String> enough =
        allowed.stream().filter(type -> isWithin(wanted, queues.mostMilli(queue, type))).toList();
    if (enough.isEmpty()) {
      return Optional.of(exceeds(queue, request, allowed));
    }
    OptionalLong limit = queue.userLimits().devicesMilli();
    if (!isWithin(wanted, limit)) {
      return Optional.of(
          new Decision.Never(
              "EXCEEDS_USER_LIMIT",
              "queue "
                  + queue.name()
                  + " gives one person at most "
                  + Quota.devices(limit.orElse(0))
                  + " devices (wanted: "
                  + Quota.devices(wanted)
                  + ")",
              Map.of(
                  "queue",
                  queue.name(),
                  "wanted",
                  Quota.devices(wanted),
                  "possible",
                  Quota.devices(limit.orElse(0)))));
    }
    return enough.stream().noneMatch(type -> couldFit(request, type))
        ? Optional.of(neverPlaced(request))
        : Optional.empty();
  }

  private boolean couldFit(Request request, String type) {
    return !(placer.decide(only(request, type)) instanceof Decision.Never);
  }

  private Decision.Never neverPlaced(Request request) {
    Decision decision = placer.decide(request);
    return decision instanceof Decision.Never never
        ? never
        : new Decision.Never(
            "NO_QUOTA_FOR_CLASS",
            "the fleet has room only for classes of which the queue has too little quota",
            Map.of("accelerator", request.accelerator().describe()));
  }

  private Decision.Never noQuota(QueueSpec queue, List<String> types) {
    String others =
        queues.all().stream()
            .filter(other -> types.stream().anyMatch(other::allows))
            .map(QueueSpec::name)
            .collect(Collectors.joining(", "));
    String classes =
        queue.quotas().stream().map(Quota::accelerator).sorted().collect(Collectors.joining(", "));
    String asked = String.join(" or ", types);
    return new Decision.Never(
        "NO_QUOTA_FOR_CLASS",
        "queue "
            + queue.name()
            + " has no quota for "
            + asked
            + "; it has for "
            + classes
            + "; queues that may use "
            + asked
            + ": "
            + (others.isEmpty() ? "none" : others),
        Map.of("queue", queue.name(), "accelerator", asked, "possible", classes, "queues", others));
  }

  private Decision.Never exceeds(QueueSpec queue, Request request, List<String> allowed) {
    String possible =
        allowed.stream()
            .map(type -> type + " x" + Quota.devices(queues.mostMilli(queue, type).orElse(0)))
            .collect(Collectors.joining(", "));
    String asked = request.accelerator().describe();
    return new Decision.Never(
        "EXCEEDS_MAX_QUOTA",
        "queue "
            + queue.name()
            + " can never hold "
            + asked
            + ", even with all that it may borrow; at most: "
            + possible,
        Map.of("queue", queue.name(), "accelerator", asked, "possible", possible));
  }

  private static boolean isWithin(long milli, OptionalLong most) {
    return most.isEmpty() || milli <= most.getAsLong();
  }

  private static Request only(Request request, String type) {
    return new Request(
        request.accelerator().only(type),
        request.compute(),
        request.nodeLabels(),
        request.volumeNode());
  }
}
