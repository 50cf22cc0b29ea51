package dev.notebay.scheduler.core.queue;

import java.util.Comparator;

/**
 * A session that holds something, as the engine has it.
 *
 * @param booking until when it holds it at the worst
 * @param since microseconds
 */
record Held(Holding holding, Booking booking, long since) {
  static final Comparator<Held> OLDEST_FIRST =
      Comparator.<Held>comparingLong(Held::since).thenComparing(held -> held.holding().id());

  static final Comparator<Held> FIRST_TO_END =
      Comparator.<Held>comparingLong(held -> held.booking().until())
          .thenComparing(held -> held.holding().id());

  /**
   * @param overdue by how much longer it is taken to stay, again and again, once it should be gone
   */
  static Held of(Holding holding, long now, long overdue) {
    long end = holding.endsBy().map(Timeline::micros).orElse(Timeline.NEVER);
    end = Math.min(end, holding.noticeUntil().map(Timeline::micros).orElse(Timeline.NEVER));
    if (end <= now) {
      end += ((now - end) / overdue + 1) * overdue;
    }
    return new Held(
        holding,
        new Booking(
            holding.queue(),
            holding.owner(),
            holding.accelerator(),
            holding.allotment(),
            holding.milli(),
            Timeline.ALWAYS,
            end),
        Timeline.micros(holding.since()));
  }
}
