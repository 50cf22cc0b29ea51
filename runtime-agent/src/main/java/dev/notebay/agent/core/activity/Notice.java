package dev.notebay.agent.core.activity;

import java.time.Instant;
import java.util.Optional;

/** Something that everybody who is connected should see. */
public sealed interface Notice {
  /** For people. */
  String message();

  /** The session ends at {@code stopTime} if nothing changes. */
  record EndIsNear(Cause cause, Instant stopTime, String message) implements Notice {}

  /** The end that was announced does not come. */
  record EndPostponed(String message) implements Notice {}

  /**
   * The session ends now.
   *
   * @param reason the scheduler's reason, for instance {@code IDLE_TIMEOUT}
   */
  record Ends(String reason, String message) implements Notice {}

  /** The name programs know it by. */
  default String kind() {
    return switch (this) {
      case EndIsNear _ -> "end_is_near";
      case EndPostponed _ -> "end_postponed";
      case Ends _ -> "ends";
    };
  }

  default Optional<Instant> time() {
    return this instanceof EndIsNear near ? Optional.of(near.stopTime()) : Optional.empty();
  }
}
