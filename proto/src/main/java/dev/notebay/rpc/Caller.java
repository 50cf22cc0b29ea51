package dev.notebay.rpc;

import io.grpc.Context;
import java.util.Set;

/**
 * Who makes a call, as its token proved.
 *
 * @param subject the token's subject; for an agent, the session it belongs to
 * @param roles what it may do beyond its own
 */
public record Caller(String subject, Set<Role> roles) {
  /** What a token may do beyond touching what belongs to its subject. */
  public enum Role {
    /** One of Notebay's own services: may act for any owner where the contract says so. */
    SERVICE,
    /** An operator of this installation: may change limits and quotas. */
    ADMIN,
    /** A session's runtime agent: may speak for that session only. */
    AGENT
  }

  private static final Context.Key<Caller> CURRENT = Context.key("notebay-caller");

  public Caller {
    if (subject.isBlank()) {
      throw new IllegalArgumentException("subject: blank (expected: a name)");
    }
    roles = Set.copyOf(roles);
  }

  public boolean has(Role role) {
    return roles.contains(role);
  }

  /**
   * The caller of the call that this thread serves.
   *
   * @throws IllegalStateException outside of a call that passed {@link BearerAuthentication}
   */
  public static Caller current() {
    Caller caller = CURRENT.get();
    if (caller == null) {
      throw new IllegalStateException("no authenticated call is being served by this thread");
    }
    return caller;
  }

  /** {@code context} with this caller as its {@link #current()}. */
  Context in(Context context) {
    return context.withValue(CURRENT, this);
  }
}
