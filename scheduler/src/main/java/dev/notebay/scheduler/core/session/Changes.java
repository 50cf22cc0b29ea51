package dev.notebay.scheduler.core.session;

import java.util.List;

/**
 * What a {@link SessionStore} has been written since a mark.
 *
 * @param sessions as they are now, in no particular order; some may have been read before
 * @param complete whether the mark meant nothing to the store: then {@code sessions} is all that is
 *     unfinished, and what is not among it is over
 * @param next what to ask with next time
 */
public record Changes(List<Session> sessions, boolean complete, Mark next) {

  /**
   * A place in the history of one store.
   *
   * @param history which one; the store's own word, another after it was set back to an older state
   * @param position the store's own count; it never goes back within one history
   */
  public record Mark(String history, long position) {
    /** Before everything. */
    public static final Mark NONE = new Mark("", 0);
  }
}
