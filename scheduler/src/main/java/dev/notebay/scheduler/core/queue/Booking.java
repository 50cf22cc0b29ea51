package dev.notebay.scheduler.core.queue;

import dev.notebay.scheduler.core.placement.Allotment;
import dev.notebay.scheduler.core.session.Owner;
import org.jspecify.annotations.Nullable;

/**
 * What one session has, or is planned to have, from when until when.
 *
 * @param type accelerator class of its devices, or {@code none}
 * @param allotment null where it is planned nowhere in particular
 * @param from microseconds, or {@link Timeline#ALWAYS}
 * @param until microseconds, or {@link Timeline#NEVER}
 */
record Booking(
    String queue,
    Owner owner,
    String type,
    @Nullable Allotment allotment,
    long milli,
    long from,
    long until) {

  Booking between(long from, long until) {
    return new Booking(queue, owner, type, allotment, milli, from, until);
  }
}
