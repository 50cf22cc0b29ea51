package dev.notebay.scheduler.core.reconcile;

import dev.notebay.scheduler.core.launch.RuntimeView;
import dev.notebay.scheduler.core.session.SessionId;
import java.util.List;

/**
 * A look at everything, a part in each pass, so that nobody waits for all of it. The ids of
 * sessions, which are random, say which part they and their runtimes are of.
 */
final class Survey {
  /** Sessions or runtimes: as many as are looked at in a few milliseconds. */
  private static final int PART = 4_000;

  /** As many passes as a loop surely takes in a row. */
  private static final int MOST_PARTS = 12;

  private List<RuntimeView> runtimes = List.of();
  private int parts;
  private int part;

  boolean isUnderWay() {
    return part < parts;
  }

  /** From now on the first part is looked at. */
  void begin(List<RuntimeView> seen, int sessions) {
    runtimes = seen;
    parts = Math.clamp(1 + Math.max(seen.size(), sessions) / PART, 1, MOST_PARTS);
    part = 0;
  }

  /** The part has been looked at. */
  void advance() {
    part++;
    if (!isUnderWay()) {
      abandon();
    }
  }

  void abandon() {
    runtimes = List.of();
    parts = 0;
    part = 0;
  }

  boolean isOfPart(SessionId session) {
    return isUnderWay() && Math.floorMod(session.hashCode(), parts) == part;
  }

  /** The part's runtimes, as they were when it began. */
  List<RuntimeView> runtimes() {
    return parts == 1
        ? runtimes
        : runtimes.stream().filter(runtime -> isOfPart(runtime.name().session())).toList();
  }
}
