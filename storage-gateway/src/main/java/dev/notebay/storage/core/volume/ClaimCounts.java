package dev.notebay.storage.core.volume;

/** How many claims a cluster holds for this installation, as last counted; all 0 before. */
public final class ClaimCounts {
  private volatile Counts last = new Counts(0, 0, 0, 0);

  /**
   * What was counted at one time.
   *
   * @param unused without storage, and no session has wanted any yet
   * @param waiting without storage, although a session wants it
   * @param bound with storage
   * @param lost whose storage is gone for good
   */
  public record Counts(long unused, long waiting, long bound, long lost) {}

  public Counts last() {
    return last;
  }

  public void counted(Counts counts) {
    last = counts;
  }
}
