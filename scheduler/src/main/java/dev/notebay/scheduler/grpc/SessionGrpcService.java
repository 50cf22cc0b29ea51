package dev.notebay.scheduler.grpc;

import dev.notebay.proto.session.v1.AcceleratorClass;
import dev.notebay.proto.session.v1.Compute;
import dev.notebay.proto.session.v1.CreateSessionRequest;
import dev.notebay.proto.session.v1.ExtendSessionRequest;
import dev.notebay.proto.session.v1.GetSessionRequest;
import dev.notebay.proto.session.v1.ListAcceleratorsRequest;
import dev.notebay.proto.session.v1.ListAcceleratorsResponse;
import dev.notebay.proto.session.v1.ListSessionsRequest;
import dev.notebay.proto.session.v1.ListSessionsResponse;
import dev.notebay.proto.session.v1.Session;
import dev.notebay.proto.session.v1.SessionServiceGrpc;
import dev.notebay.proto.session.v1.StopSessionRequest;
import dev.notebay.proto.session.v1.WatchSessionRequest;
import dev.notebay.rpc.Caller;
import dev.notebay.rpc.ErrorStatus;
import dev.notebay.scheduler.core.SchedulerException;
import dev.notebay.scheduler.core.fleet.AcceleratorSummary;
import dev.notebay.scheduler.core.request.Allowance;
import dev.notebay.scheduler.core.request.FleetRequests;
import dev.notebay.scheduler.core.request.QueueRequests;
import dev.notebay.scheduler.core.request.SessionRequests;
import dev.notebay.scheduler.core.request.SessionView;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.RequestKey;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionSpec;
import dev.notebay.scheduler.core.session.SessionStore.Cursor;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@code notebay.session.v1.SessionService}. */
public final class SessionGrpcService extends SessionServiceGrpc.SessionServiceImplBase {
  /** How long a change made by another replica may take to reach a watcher. */
  private static final Duration WATCH_INTERVAL = Duration.ofSeconds(1);

  private final SessionRequests requests;
  private final FleetRequests fleet;
  private final QueueRequests queues;
  private final RequestParser parser;
  private final SessionFeed feed;
  private final InstantSource clock;

  public SessionGrpcService(
      SessionRequests requests,
      FleetRequests fleet,
      QueueRequests queues,
      Allowance allowance,
      SessionFeed feed,
      InstantSource clock) {
    this.requests = requests;
    this.fleet = fleet;
    this.queues = queues;
    this.parser = new RequestParser(allowance);
    this.feed = feed;
    this.clock = clock;
  }

  @Override
  public void createSession(CreateSessionRequest request, StreamObserver<Session> out) {
    SessionSpec spec = parser.spec(request.getSession());
    Optional<SchedulerException> objection = queues.objection(spec);
    if (request.getValidateOnly()) {
      throwIf(objection);
      answer(out, requests.tryOut(caller(), spec, now()));
    } else {
      RequestKey key = parser.requestKey(request);
      // A repeated request is answered even if its queue has changed since.
      if (objection.isPresent() && !requests.isKnown(caller(), key)) {
        throwIf(objection);
      }
      answer(out, requests.create(caller(), spec, key, now()));
    }
  }

  private static void throwIf(Optional<SchedulerException> objection) {
    if (objection.isPresent()) {
      throw objection.get();
    }
  }

  @Override
  public void getSession(GetSessionRequest request, StreamObserver<Session> out) {
    answer(out, requests.get(caller(), parser.sessionName(request.getName()), now()));
  }

  @Override
  public void listSessions(ListSessionsRequest request, StreamObserver<ListSessionsResponse> out) {
    Owner owner = caller();
    int size = PageTokens.size(request.getPageSize());
    Optional<Cursor> after =
        PageTokens.decode(request.getPageToken(), owner, request.getShowEnded());
    // One more than asked for tells whether there is a next page.
    List<SessionView> found = requests.list(owner, request.getShowEnded(), after, size + 1, now());
    List<SessionView> page = found.subList(0, Math.min(size, found.size()));
    var response = ListSessionsResponse.newBuilder();
    page.forEach(view -> response.addSessions(SessionMessages.toMessage(view)));
    if (found.size() > size) {
      var last = page.getLast().session();
      response.setNextPageToken(
          PageTokens.encode(new Cursor(last.created(), last.id()), owner, request.getShowEnded()));
    }
    out.onNext(response.build());
    out.onCompleted();
  }

  @Override
  public void watchSession(WatchSessionRequest request, StreamObserver<Session> out) {
    Owner owner = caller();
    SessionId id = parser.sessionName(request.getName());
    var call = (ServerCallStreamObserver<Session>) out;
    // Not the call's own handler: that would wait for this method to return.
    Context context = Context.current();
    context.addListener(_ -> feed.publish(id), Runnable::run);
    long position = feed.position();
    @Nullable Session sent = null;
    try {
      while (!context.isCancelled()) {
        SessionView view = requests.get(owner, id, now());
        Session message = SessionMessages.toMessage(view);
        // A reader that is behind gets the newest state when it is ready, not every state in
        // between.
        if (!message.equals(sent) && call.isReady()) {
          call.onNext(message);
          sent = message;
        }
        if (view.session().isEnded() && message.equals(sent)) {
          call.onCompleted();
          return;
        }
        position = feed.await(id, position, WATCH_INTERVAL);
        if (feed.isClosed()) {
          throw shuttingDown();
        }
      }
    } catch (InterruptedException stopping) {
      Thread.currentThread().interrupt();
      throw shuttingDown();
    }
  }

  private static StatusRuntimeException shuttingDown() {
    return ErrorStatus.of(
            Status.Code.UNAVAILABLE, "SHUTTING_DOWN", "the scheduler is shutting down")
        .toException();
  }

  @Override
  public void stopSession(StopSessionRequest request, StreamObserver<Session> out) {
    Optional<String> etag =
        request.getEtag().isEmpty() ? Optional.empty() : Optional.of(request.getEtag());
    answer(out, requests.stop(caller(), parser.sessionName(request.getName()), etag, now()));
  }

  @Override
  public void extendSession(ExtendSessionRequest request, StreamObserver<Session> out) {
    answer(
        out,
        requests.extend(
            caller(),
            parser.sessionName(request.getName()),
            parser.extension(request.hasExtension(), request.getExtension()),
            now()));
  }

  @Override
  public void listAccelerators(
      ListAcceleratorsRequest request, StreamObserver<ListAcceleratorsResponse> out) {
    var response = ListAcceleratorsResponse.newBuilder();
    fleet.accelerators().stream()
        .map(SessionGrpcService::toMessage)
        .forEach(response::addAccelerators);
    fleet
        .largestCompute()
        .ifPresent(
            largest ->
                response.setLargestCompute(
                    Compute.newBuilder()
                        .setCpuMilli(largest.cpuMilli())
                        .setMemoryBytes(largest.memoryBytes())));
    out.onNext(response.build());
    out.onCompleted();
  }

  private static AcceleratorClass toMessage(AcceleratorSummary summary) {
    return AcceleratorClass.newBuilder()
        .setType(summary.type())
        .setTotal(summary.total())
        .setFree(summary.free())
        .setLargestNode(summary.largestNode())
        .setMemoryBytes(summary.memoryBytes())
        .setDeclared(summary.declared())
        .setShareable(summary.shareable())
        .build();
  }

  private static void answer(StreamObserver<Session> out, SessionView view) {
    out.onNext(SessionMessages.toMessage(view));
    out.onCompleted();
  }

  private static Owner caller() {
    return new Owner(Caller.current().subject());
  }

  private Instant now() {
    return clock.instant();
  }
}
