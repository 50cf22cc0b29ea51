package dev.notebay.scheduler.grpc;

import dev.notebay.proto.runtime.v1.Activity;
import dev.notebay.proto.runtime.v1.Claim;
import dev.notebay.proto.runtime.v1.Claimed;
import dev.notebay.proto.runtime.v1.ConnectRequest;
import dev.notebay.proto.runtime.v1.ConnectResponse;
import dev.notebay.proto.runtime.v1.EndRequest;
import dev.notebay.proto.runtime.v1.Heartbeat;
import dev.notebay.proto.runtime.v1.RuntimeLinkServiceGrpc;
import dev.notebay.rpc.Caller;
import dev.notebay.scheduler.core.SchedulerException.ClaimRefused;
import dev.notebay.scheduler.core.SchedulerException.InvalidField;
import dev.notebay.scheduler.core.SchedulerException.SessionNotFound;
import dev.notebay.scheduler.core.launch.AgentReport;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.request.EndWish;
import dev.notebay.scheduler.core.request.SessionRequests;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionId;
import io.grpc.stub.StreamObserver;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@code notebay.runtime.v1.RuntimeLinkService}: one stream for each agent. */
public final class RuntimeLinkGrpcService
    extends RuntimeLinkServiceGrpc.RuntimeLinkServiceImplBase {
  private static final Duration HEARTBEAT_INTERVAL = Duration.ofSeconds(5);
  private static final int MAXIMUM_TEXT = 500;

  private final SessionRequests requests;
  private final AgentConnections connections;
  private final SessionFeed feed;
  private final LinkListener listener;
  private final InstantSource clock;

  public RuntimeLinkGrpcService(
      SessionRequests requests,
      AgentConnections connections,
      SessionFeed feed,
      LinkListener listener,
      InstantSource clock) {
    this.requests = requests;
    this.connections = connections;
    this.feed = feed;
    this.listener = listener;
    this.clock = clock;
  }

  /** Counts what agents do. */
  public interface LinkListener {
    void heartbeat();

    void claimRefused();
  }

  @Override
  public StreamObserver<ConnectRequest> connect(StreamObserver<ConnectResponse> out) {
    // The token says which runtime this is; the claim must say the same.
    return new Link(Caller.current().subject(), out);
  }

  private final class Link implements StreamObserver<ConnectRequest> {
    private final String subject;
    private final StreamObserver<ConnectResponse> out;
    private AgentConnections.@Nullable Connection connection;
    private String runtimeUid = "";

    Link(String subject, StreamObserver<ConnectResponse> out) {
      this.subject = subject;
      this.out = out;
    }

    @Override
    public void onNext(ConnectRequest request) {
      try {
        if (connection == null) {
          if (!request.hasClaim()) {
            throw new InvalidField("report", request.getReportCase().name(), "claim at first");
          }
          claim(request.getClaim());
        } else {
          report(connection, request);
        }
      } catch (RuntimeException failure) {
        end();
        throw failure;
      }
    }

    private void claim(Claim claim) {
      RuntimeName name = nameOf(claim);
      if (!AgentAuthenticator.mayBe(subject, name, claim.getRuntimeUid())) {
        listener.claimRefused();
        throw new ClaimRefused("the token is not for this session, attempt and runtime");
      }
      if (claim.getRuntimeUid().isEmpty() || claim.getRuntimeUid().length() > 64) {
        throw new InvalidField("claim.runtime_uid", claim.getRuntimeUid(), "1 to 64 characters");
      }
      Session session;
      try {
        session = requests.claim(name, claim.getRuntimeUid(), clock.instant());
      } catch (ClaimRefused | SessionNotFound refused) {
        listener.claimRefused();
        throw refused instanceof ClaimRefused
            ? refused
            : new ClaimRefused("there is no such session");
      }
      runtimeUid = claim.getRuntimeUid();
      var opened = new AgentConnections.Connection(name, out);
      connection = opened;
      opened.send(
          ConnectResponse.newBuilder()
              .setClaimed(
                  Claimed.newBuilder()
                      .setOwner(session.owner().subject())
                      .setPolicy(AgentConnections.policyOf(session, clock.instant()))
                      .setHeartbeatInterval(SessionMessages.duration(HEARTBEAT_INTERVAL)))
              .build());
      connections.open(opened);
      feed.publish(session.id());
    }

    private void report(AgentConnections.Connection link, ConnectRequest request) {
      RuntimeName name = link.name();
      switch (request.getReportCase()) {
        case READY -> {
          Session session =
              requests.ready(
                  name, runtimeUid, uri(request.getReady().getJupyterUri()), clock.instant());
          if (!session.isClaimedBy(runtimeUid)) {
            throw new ClaimRefused("the session is " + session.state().label());
          }
        }
        case HEARTBEAT -> {
          listener.heartbeat();
          connections.report(name.session(), report(request.getHeartbeat()));
          feed.publish(name.session());
        }
        case END_REQUEST -> endRequest(link, request.getEndRequest());
        case CLAIM -> throw new InvalidField("report", "CLAIM", "a claim only at first");
        case REPORT_NOT_SET ->
            throw new InvalidField("report", "", "ready, heartbeat or end_request");
      }
    }

    private void endRequest(AgentConnections.Connection link, EndRequest request) {
      EndReason reason =
          reasonOf(request.getCause())
              .orElseThrow(
                  () ->
                      new InvalidField(
                          "end_request.cause", request.getCause().name(), "a known cause"));
      Session session =
          requests.endRequest(
              link.name(),
              new EndWish(
                  reason,
                  shortened(request.getMessage()),
                  request.getPolicyGeneration(),
                  request.hasTime() ? SessionMessages.instant(request.getTime()) : clock.instant()),
              clock);
      if (session.isClaimedBy(runtimeUid)) {
        link.send(
            ConnectResponse.newBuilder()
                .setPolicy(AgentConnections.policyOf(session, clock.instant()))
                .build());
      }
    }

    @Override
    public void onError(Throwable lost) {
      end();
    }

    @Override
    public void onCompleted() {
      AgentConnections.Connection link = connection;
      if (link != null) {
        link.complete();
      } else {
        out.onCompleted();
      }
      end();
    }

    private void end() {
      AgentConnections.Connection link = connection;
      if (link != null) {
        connections.close(link);
        feed.publish(link.name().session());
      }
    }

    private AgentReport report(Heartbeat heartbeat) {
      return new AgentReport(
          heartbeat.hasActivity()
              ? Optional.of(activity(heartbeat.getActivity()))
              : Optional.empty(),
          heartbeat.getKernelsCount(),
          heartbeat.getConnections(),
          clock.instant());
    }
  }

  private static RuntimeName nameOf(Claim claim) {
    SessionId id =
        SessionId.parse(claim.getSessionId())
            .orElseThrow(
                () -> new InvalidField("claim.session_id", claim.getSessionId(), "a UUID"));
    if (claim.getAttempt() < 1) {
      throw new InvalidField("claim.attempt", Integer.toString(claim.getAttempt()), ">= 1");
    }
    return new RuntimeName(id, claim.getAttempt());
  }

  private static URI uri(String text) {
    try {
      URI uri = new URI(text);
      if (("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))
          && uri.getHost() != null
          && uri.getUserInfo() == null
          && uri.getQuery() == null) {
        return uri;
      }
    } catch (URISyntaxException malformed) {
      throw new InvalidField("ready.jupyter_uri", text, "an http(s) URI without user or query");
    }
    throw new InvalidField("ready.jupyter_uri", text, "an http(s) URI without user or query");
  }

  private static AgentReport.Activity activity(Activity activity) {
    return new AgentReport.Activity(
        activity.getActive(),
        SessionMessages.instant(activity.getLastActiveTime()),
        activity.hasStopTime()
            ? Optional.of(SessionMessages.instant(activity.getStopTime()))
            : Optional.empty(),
        reasonOf(activity.getStopCause()),
        activity.getWarned(),
        shortened(activity.getExplanation()));
  }

  private static Optional<EndReason> reasonOf(EndRequest.Cause cause) {
    return switch (cause) {
      case CAUSE_IDLE_TIMEOUT -> Optional.of(EndReason.IDLE_TIMEOUT);
      case CAUSE_MAX_LIFETIME -> Optional.of(EndReason.MAX_LIFETIME);
      case CAUSE_PREEMPTED -> Optional.of(EndReason.PREEMPTED);
      case CAUSE_USER_REQUEST -> Optional.of(EndReason.USER_REQUEST);
      case CAUSE_UNSPECIFIED, UNRECOGNIZED -> Optional.empty();
    };
  }

  private static String shortened(String text) {
    return text.length() <= MAXIMUM_TEXT ? text : text.substring(0, MAXIMUM_TEXT);
  }
}
