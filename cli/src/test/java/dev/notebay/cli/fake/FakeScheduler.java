package dev.notebay.cli.fake;

import com.google.protobuf.Timestamp;
import dev.notebay.cli.config.SystemClock;
import dev.notebay.proto.session.v1.AcceleratorClass;
import dev.notebay.proto.session.v1.Compute;
import dev.notebay.proto.session.v1.CreateSessionRequest;
import dev.notebay.proto.session.v1.GetSessionRequest;
import dev.notebay.proto.session.v1.ListAcceleratorsRequest;
import dev.notebay.proto.session.v1.ListAcceleratorsResponse;
import dev.notebay.proto.session.v1.ListSessionsRequest;
import dev.notebay.proto.session.v1.ListSessionsResponse;
import dev.notebay.proto.session.v1.PlacementStatus;
import dev.notebay.proto.session.v1.QueueStatus;
import dev.notebay.proto.session.v1.RuntimeStatus;
import dev.notebay.proto.session.v1.Session;
import dev.notebay.proto.session.v1.SessionServiceGrpc.SessionServiceImplBase;
import dev.notebay.proto.session.v1.StopSessionRequest;
import dev.notebay.proto.session.v1.WatchSessionRequest;
import dev.notebay.rpc.Authenticator;
import dev.notebay.rpc.BearerAuthentication;
import dev.notebay.rpc.Caller;
import dev.notebay.rpc.ErrorMapping;
import dev.notebay.rpc.ErrorStatus;
import dev.notebay.rpc.GrpcEndpoint;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A scheduler whose sessions run at once, in one given Jupyter server; or wait for ever. */
public final class FakeScheduler implements AutoCloseable {
  private final Map<String, Session> sessions = new LinkedHashMap<>();
  private final List<StreamObserver<Session>> watchers = new CopyOnWriteArrayList<>();
  private final List<CreateSessionRequest> created = new CopyOnWriteArrayList<>();
  private final FakeQueues queues = new FakeQueues();
  private final GrpcEndpoint endpoint;
  private volatile String jupyterUri = "";
  private volatile boolean full;
  private volatile Runnable whileCreating = () -> {};
  private volatile @Nullable ErrorStatus refusal;

  /** Starts on a free port and takes every token. */
  public FakeScheduler() throws IOException {
    this(token -> Optional.of(new Caller("ada", Set.of())));
  }

  public FakeScheduler(Authenticator tokens) throws IOException {
    endpoint =
        GrpcEndpoint.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            List.of(new Service(), queues),
            new BearerAuthentication(Map.of(), tokens),
            new ErrorMapping(
                failure -> {
                  throw failure;
                }));
  }

  public FakeQueues queues() {
    return queues;
  }

  public String address() {
    return "127.0.0.1:" + endpoint.port();
  }

  /** Sessions that are made from now on run there. */
  public void runIn(String uri) {
    jupyterUri = uri;
  }

  /** Sessions that are made from now on wait. */
  public void full() {
    full = true;
  }

  /** Every request from now on is refused. */
  public void refuse(ErrorStatus error) {
    refusal = error;
  }

  /** Does something while the next session is asked for. */
  public void whileCreating(Runnable action) {
    whileCreating = action;
  }

  /** Ends all watches as a server does that is restarted. */
  public synchronized void cancelWatches() {
    watchers.forEach(watcher -> watcher.onError(Status.CANCELLED.asRuntimeException()));
    watchers.clear();
  }

  public List<CreateSessionRequest> created() {
    return List.copyOf(created);
  }

  public synchronized List<Session> sessions() {
    return List.copyOf(sessions.values());
  }

  /** Changes the only session. */
  public synchronized void change(Session.State state, Session.Reason reason, String message) {
    Session session = sessions.values().iterator().next();
    put(session.toBuilder().setState(state).setReason(reason).setMessage(message).build());
  }

  private synchronized void put(Session session) {
    sessions.put(session.getName(), session);
    for (StreamObserver<Session> watcher : watchers) {
      try {
        watcher.onNext(session);
        if (ended(session)) {
          watchers.remove(watcher);
          watcher.onCompleted();
        }
      } catch (StatusRuntimeException gone) {
        watchers.remove(watcher);
      }
    }
  }

  private static Timestamp inSeconds(long seconds) {
    return Timestamp.newBuilder().setSeconds(SystemClock.now().getEpochSecond() + seconds).build();
  }

  private static boolean ended(Session session) {
    return session.getState() == Session.State.STATE_STOPPED
        || session.getState() == Session.State.STATE_FAILED;
  }

  @Override
  public void close() {
    watchers.forEach(watcher -> watcher.onError(Status.UNAVAILABLE.asRuntimeException()));
    endpoint.close();
  }

  private final class Service extends SessionServiceImplBase {
    private void mayRefuse() {
      ErrorStatus error = refusal;
      if (error != null) {
        throw error.toException();
      }
    }

    private Session find(String name) {
      mayRefuse();
      synchronized (FakeScheduler.this) {
        Session session = sessions.get(name);
        if (session == null) {
          throw ErrorStatus.of(Status.Code.NOT_FOUND, "SESSION_NOT_FOUND", "no session " + name)
              .toException();
        }
        return session;
      }
    }

    @Override
    public void createSession(CreateSessionRequest request, StreamObserver<Session> answer) {
      mayRefuse();
      created.add(request);
      whileCreating.run();
      var session =
          request.getSession().toBuilder().setName("sessions/" + UUID.randomUUID()).setOwner("ada");
      if (full) {
        session
            .setState(Session.State.STATE_QUEUED)
            .setQueue(
                QueueStatus.newBuilder()
                    .setPosition(2)
                    .setReason("ACCELERATOR_BUSY")
                    .setStartBy(inSeconds(7200))
                    .setEstimatedStartTime(inSeconds(600))
                    .setMessage("all 4 nvidia-t4 are taken"));
      } else {
        session
            .setState(Session.State.STATE_RUNNING)
            .setPlacement(PlacementStatus.newBuilder().setNode("here").setAttempt(1))
            .setRuntime(RuntimeStatus.newBuilder().setJupyterUri(jupyterUri).setConnected(true));
      }
      put(session.build());
      answer.onNext(session.build());
      answer.onCompleted();
    }

    @Override
    public void getSession(GetSessionRequest request, StreamObserver<Session> answer) {
      answer.onNext(find(request.getName()));
      answer.onCompleted();
    }

    @Override
    public void listSessions(
        ListSessionsRequest request, StreamObserver<ListSessionsResponse> answer) {
      mayRefuse();
      var page = ListSessionsResponse.newBuilder();
      sessions().stream()
          .filter(session -> request.getShowEnded() || !ended(session))
          .forEach(page::addSessions);
      answer.onNext(page.build());
      answer.onCompleted();
    }

    @Override
    public void watchSession(WatchSessionRequest request, StreamObserver<Session> answer) {
      synchronized (FakeScheduler.this) {
        Session session = find(request.getName());
        answer.onNext(session);
        if (ended(session)) {
          answer.onCompleted();
        } else {
          watchers.add(answer);
        }
      }
    }

    @Override
    public void stopSession(StopSessionRequest request, StreamObserver<Session> answer) {
      Session stopped =
          find(request.getName()).toBuilder()
              .setState(Session.State.STATE_STOPPED)
              .setReason(Session.Reason.REASON_USER_REQUEST)
              .build();
      put(stopped);
      answer.onNext(stopped);
      answer.onCompleted();
    }

    @Override
    public void listAccelerators(
        ListAcceleratorsRequest request, StreamObserver<ListAcceleratorsResponse> answer) {
      mayRefuse();
      answer.onNext(
          ListAcceleratorsResponse.newBuilder()
              .addAccelerators(
                  AcceleratorClass.newBuilder()
                      .setType("nvidia-t4")
                      .setTotal(4)
                      .setFree(3)
                      .setLargestNode(4)
                      .setDeclared(true))
              .setLargestCompute(Compute.newBuilder().setCpuMilli(2000).setMemoryBytes(4L << 30))
              .build());
      answer.onCompleted();
    }
  }
}
