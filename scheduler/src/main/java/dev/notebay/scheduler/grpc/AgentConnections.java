package dev.notebay.scheduler.grpc;

import dev.notebay.proto.runtime.v1.ConnectResponse;
import dev.notebay.proto.runtime.v1.EndRequest;
import dev.notebay.proto.runtime.v1.Policy;
import dev.notebay.proto.runtime.v1.Stop;
import dev.notebay.scheduler.core.launch.AgentLinks;
import dev.notebay.scheduler.core.launch.AgentReport;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.launch.RuntimeView;
import dev.notebay.scheduler.core.request.Agents;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import dev.notebay.scheduler.core.session.SessionState.Running;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import dev.notebay.scheduler.core.session.SessionState.Stopping;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The links that agents hold open to this replica, and what they last said over them. */
public final class AgentConnections implements AgentLinks, Agents {
  private static final Duration KERNEL_GRACE = Duration.ofSeconds(8);

  private final Map<SessionId, Connection> connections = new ConcurrentHashMap<>();
  private final Map<SessionId, AgentReport> reports = new ConcurrentHashMap<>();
  private final InstantSource clock;
  private volatile Map<SessionId, RuntimeView.Starting> starts = Map.of();

  /**
   * @param clock by which policies' times are told
   */
  public AgentConnections(InstantSource clock) {
    this.clock = clock;
  }

  /** One agent's open stream. gRPC's observers are not thread-safe; this is. */
  static final class Connection {
    private final RuntimeName name;
    private final StreamObserver<ConnectResponse> out;
    private boolean closed;
    private long policyTold;

    Connection(RuntimeName name, StreamObserver<ConnectResponse> out) {
      this.name = name;
      this.out = out;
    }

    RuntimeName name() {
      return name;
    }

    synchronized void send(ConnectResponse directive) {
      if (!closed) {
        out.onNext(directive);
      }
    }

    /** Sends the session's policy, unless it has been sent already. */
    synchronized void sendPolicy(Session session, Instant now) {
      if (session.policyGeneration() > policyTold) {
        policyTold = session.policyGeneration();
        send(ConnectResponse.newBuilder().setPolicy(policyOf(session, now)).build());
      }
    }

    synchronized void complete() {
      if (!closed) {
        closed = true;
        out.onCompleted();
      }
    }

    /** The transport has ended the stream. */
    synchronized void lost() {
      closed = true;
    }
  }

  /**
   * From now on the session's directives go over {@code connection}; an older one of it is ended.
   */
  void open(Connection connection) {
    Connection before = connections.put(connection.name().session(), connection);
    if (before != null) {
      before.complete();
    }
  }

  void close(Connection connection) {
    connection.lost();
    connections.remove(connection.name().session(), connection);
  }

  void report(SessionId session, AgentReport report) {
    reports.put(session, report);
  }

  /** Forgets what was said about a session that is over. */
  public void forget(SessionId session) {
    reports.remove(session);
  }

  /**
   * Remembers how far starts were at the last look.
   *
   * @return the sessions of which something else is known since
   */
  public List<SessionId> saw(List<RuntimeView> runtimes) {
    Map<SessionId, RuntimeView.Starting> seen = new HashMap<>();
    for (RuntimeView runtime : runtimes) {
      if (runtime instanceof RuntimeView.Starting start) {
        // Of two attempts the later is the session's.
        seen.merge(
            start.name().session(),
            start,
            (one, other) -> one.name().attempt() > other.name().attempt() ? one : other);
      }
    }
    Map<SessionId, RuntimeView.Starting> before = starts;
    starts = seen;
    return seen.entrySet().stream()
        .filter(each -> !each.getValue().equals(before.get(each.getKey())))
        .map(Map.Entry::getKey)
        .toList();
  }

  @Override
  public Optional<RuntimeView.Starting> lastStart(SessionId session) {
    return Optional.ofNullable(starts.get(session));
  }

  @Override
  public boolean isConnected(SessionId session) {
    return connections.containsKey(session);
  }

  @Override
  public Optional<AgentReport> lastReport(SessionId session) {
    return Optional.ofNullable(reports.get(session));
  }

  @Override
  public void tell(Session session) {
    Connection connection = connections.get(session.id());
    if (connection == null || connection.name().attempt() != session.attempt()) {
      return;
    }
    switch (session.state()) {
      case Running _ -> connection.sendPolicy(session, clock.instant());
      case Stopping(_, var reason, var message, _) ->
          connection.send(
              ConnectResponse.newBuilder()
                  .setStop(
                      Stop.newBuilder()
                          .setReason(reason.name())
                          .setMessage(message)
                          .setGrace(SessionMessages.duration(KERNEL_GRACE)))
                  .build());
      case Queued _, Starting _, Ended _ -> {}
    }
  }

  static Policy policyOf(Session session, Instant now) {
    var policy =
        Policy.newBuilder()
            .setTime(SessionMessages.timestamp(now))
            .setGeneration(session.policyGeneration())
            .setIdleTimeout(SessionMessages.duration(session.spec().policy().idleTimeout()))
            .setWarning(SessionMessages.duration(session.spec().policy().warning()));
    session
        .latestEnd()
        .ifPresent(
            end ->
                policy
                    .setLifetimeEndTime(SessionMessages.timestamp(end))
                    .setLifetimeEndCause(
                        session.latestEndReason() == EndReason.PREEMPTED
                            ? EndRequest.Cause.CAUSE_PREEMPTED
                            : EndRequest.Cause.CAUSE_MAX_LIFETIME));
    session
        .extendUntil()
        .ifPresent(until -> policy.setExtendUntil(SessionMessages.timestamp(until)));
    return policy.build();
  }
}
