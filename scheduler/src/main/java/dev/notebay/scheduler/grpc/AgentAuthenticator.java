package dev.notebay.scheduler.grpc;

import dev.notebay.rpc.Authenticator;
import dev.notebay.rpc.Caller;
import dev.notebay.rpc.Caller.Role;
import dev.notebay.scheduler.core.launch.RuntimeSecrets;
import java.util.Optional;
import java.util.Set;

/** Accepts runtime secrets; the caller's subject is the runtime's name. */
public final class AgentAuthenticator implements Authenticator {
  private final RuntimeSecrets secrets;

  public AgentAuthenticator(RuntimeSecrets secrets) {
    this.secrets = secrets;
  }

  @Override
  public Optional<Caller> authenticate(String token) {
    return secrets.verify(token).map(name -> new Caller(name.toString(), Set.of(Role.AGENT)));
  }
}
