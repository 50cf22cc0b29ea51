package dev.notebay.agent.jupyter;

import java.time.Instant;
import java.util.Optional;

/** What the server must know of the session, and tells of its use. */
public interface SessionView {
  /** The subject whose session this is; empty until the scheduler has said. */
  Optional<String> owner();

  /** When the session was last active. */
  Instant lastActive();

  /** A client has asked for something that counts as use. */
  void requested();

  /** The metrics, as Prometheus reads them. */
  String metrics();
}
