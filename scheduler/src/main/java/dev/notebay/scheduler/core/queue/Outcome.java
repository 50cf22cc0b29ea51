package dev.notebay.scheduler.core.queue;

import dev.notebay.scheduler.core.placement.Allotment;
import dev.notebay.scheduler.core.session.SessionId;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** What a pass has decided, to be carried out and stored. */
public sealed interface Outcome {
  /** The waiting session that it is about. */
  SessionId session();

  /**
   * It gets this, now.
   *
   * @param accelerator the class of its devices, or {@code none}
   */
  record Place(SessionId session, String accelerator, Allotment allotment) implements Outcome {}

  /** These are to be told that they end, so that the session can start there. */
  record Preempt(SessionId session, List<Victim> victims, String message) implements Outcome {
    public Preempt {
      victims = List.copyOf(victims);
    }
  }

  /**
   * One session that must leave.
   *
   * @param until when it ends
   */
  record Victim(SessionId session, Instant until) {}

  /**
   * It can never start, whoever leaves.
   *
   * @param reason UPPER_SNAKE
   * @param message what was asked and what would be possible
   * @param metadata the values in the message, by name
   */
  record Never(SessionId session, String reason, String message, Map<String, String> metadata)
      implements Outcome {
    public Never {
      metadata = Map.copyOf(metadata);
    }
  }

  /** It starts by then at the latest. To be stored and given back with the session. */
  record Promise(SessionId session, Instant startBy) implements Outcome {}

  /**
   * What was promised cannot be kept, as there is less than there was when it was promised. Another
   * promise may follow.
   */
  record Withdrawn(SessionId session, Instant startBy) implements Outcome {}
}
