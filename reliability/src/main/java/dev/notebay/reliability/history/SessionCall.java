package dev.notebay.reliability.history;

import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.RequestKey;
import dev.notebay.scheduler.core.session.SessionId;
import java.util.Optional;

/**
 * What a person may ask of sessions. Each attempt of a call that is repeated is a call of its own,
 * and nobody asks for a session that was not shown to its owner before.
 */
public sealed interface SessionCall {
  /** Who asks. */
  Owner owner();

  record Create(Owner owner, RequestKey key) implements SessionCall {}

  record Get(Owner owner, SessionId id) implements SessionCall {}

  /** All sessions of the owner in one page. */
  record ListAll(Owner owner, boolean withEnded) implements SessionCall {}

  /**
   * @param etag the version that must be the present one
   */
  record Stop(Owner owner, SessionId id, Optional<String> etag) implements SessionCall {}

  record Extend(Owner owner, SessionId id) implements SessionCall {}
}
