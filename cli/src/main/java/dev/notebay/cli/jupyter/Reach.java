package dev.notebay.cli.jupyter;

import java.util.Optional;

/** Finds a session's Jupyter server again after the connection to it was lost. */
@FunctionalInterface
public interface Reach {
  /**
   * Where the server is now; empty where that is not known now.
   *
   * @throws dev.notebay.cli.terminal.CliFailure when the session has ended
   */
  Optional<String> serverUri();
}
