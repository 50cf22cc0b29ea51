package dev.notebay.scheduler.core.queue;

import dev.notebay.scheduler.core.placement.Allotment;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.SessionId;
import java.time.Instant;
import java.util.Optional;

/**
 * A session that has a part of a node.
 *
 * @param accelerator class of its devices, or {@code none}
 * @param since when it was placed
 * @param endsBy when at the latest what it has is free again; empty for never
 * @param noticeUntil when it ends for another session, if it has been told so
 */
public record Holding(
    SessionId id,
    Owner owner,
    String queue,
    int priority,
    String accelerator,
    Allotment allotment,
    Instant since,
    Optional<Instant> endsBy,
    Activity activity,
    Optional<Instant> noticeUntil) {

  /** What a session has that waited and is placed now: used until its lifetime ends. */
  public static Holding of(Waiting session, String accelerator, Allotment allotment, Instant now) {
    return new Holding(
        session.id(),
        session.owner(),
        session.queue(),
        session.priority(),
        accelerator,
        allotment,
        now,
        session.maximumLifetime().map(now::plus),
        new Activity.Busy(),
        Optional.empty());
  }

  /** Thousandths of devices. */
  long milli() {
    return (long) allotment.devices().size() * allotment.milli();
  }

  /** The same, to end for another session then. */
  public Holding noticed(Instant until) {
    return new Holding(
        id,
        owner,
        queue,
        priority,
        accelerator,
        allotment,
        since,
        endsBy,
        activity,
        Optional.of(until));
  }
}
