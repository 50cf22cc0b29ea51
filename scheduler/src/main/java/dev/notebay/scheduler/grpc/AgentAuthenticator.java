package dev.notebay.scheduler.grpc;

import dev.notebay.rpc.Authenticator;
import dev.notebay.rpc.Caller;
import dev.notebay.rpc.Caller.Role;
import dev.notebay.scheduler.core.SchedulerException;
import dev.notebay.scheduler.core.launch.AgentTokens;
import dev.notebay.scheduler.core.launch.RuntimeName;
import java.util.Optional;
import java.util.Set;

/**
 * Accepts the tokens of agents; the caller's subject is the runtime's name, and behind a slash its
 * uid where the token is for one start of it only.
 */
public final class AgentAuthenticator implements Authenticator {
  private final AgentTokens tokens;

  public AgentAuthenticator(AgentTokens tokens) {
    this.tokens = tokens;
  }

  /** A token that nobody can judge now is answered with UNAVAILABLE: it may be a good one. */
  @Override
  public Optional<Caller> authenticate(String token) {
    try {
      return tokens.verify(token).map(proved -> new Caller(subject(proved), Set.of(Role.AGENT)));
    } catch (SchedulerException unknown) {
      throw SchedulerErrors.toStatus(unknown);
    }
  }

  private static String subject(AgentTokens.Proved proved) {
    return proved.name() + proved.runtimeUid().map(uid -> "/" + uid).orElse("");
  }

  /** Whether a caller with that subject may be that runtime. */
  static boolean mayBe(String subject, RuntimeName name, String runtimeUid) {
    return subject.equals(name.toString()) || subject.equals(name + "/" + runtimeUid);
  }
}
