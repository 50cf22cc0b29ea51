package dev.notebay.scheduler.core.launch;

import dev.notebay.scheduler.core.SchedulerException.ClusterUnavailable;
import java.util.Optional;

/** Tells which runtime an agent's bearer token proves. */
@FunctionalInterface
public interface AgentTokens {
  /**
   * What is proved.
   *
   * @param runtimeUid the one start of the runtime that may use the token, where it says so
   */
  record Proved(RuntimeName name, Optional<String> runtimeUid) {}

  /**
   * @return empty for a token that proves nothing
   * @throws ClusterUnavailable when nobody can tell now
   */
  Optional<Proved> verify(String bearer);

  /** The tokens that are made of secrets. */
  static AgentTokens of(RuntimeSecrets secrets) {
    return bearer -> secrets.verify(bearer).map(name -> new Proved(name, Optional.empty()));
  }
}
