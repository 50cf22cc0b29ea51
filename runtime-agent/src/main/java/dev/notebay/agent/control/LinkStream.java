package dev.notebay.agent.control;

import com.google.protobuf.Timestamp;
import dev.notebay.agent.core.activity.Directives;
import dev.notebay.agent.core.activity.Report;
import dev.notebay.proto.runtime.v1.Claim;
import dev.notebay.proto.runtime.v1.Claimed;
import dev.notebay.proto.runtime.v1.ConnectRequest;
import dev.notebay.proto.runtime.v1.ConnectResponse;
import dev.notebay.proto.runtime.v1.EndRequest;
import dev.notebay.proto.runtime.v1.Policy;
import dev.notebay.proto.runtime.v1.Ready;
import dev.notebay.proto.runtime.v1.RuntimeLinkServiceGrpc;
import dev.notebay.rpc.BearerToken;
import dev.notebay.rpc.ErrorStatus;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One connection to the scheduler: all is sent by the thread that runs it. */
final class LinkStream implements ClientResponseObserver<ConnectRequest, ConnectResponse> {
  private static final System.Logger LOG = System.getLogger(LinkStream.class.getName());
  private static final Duration CLAIM_AWAITED = Duration.ofSeconds(10);
  private static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(5);
  private static final Duration SHORTEST_INTERVAL = Duration.ofMillis(100);

  /** How it ended. */
  sealed interface End {
    /** The scheduler says that this runtime is not, or no longer, the session's. */
    record Refused(String message) implements End {}

    /** Anything else. */
    record Lost(String why, boolean claimed) implements End {}
  }

  private final SchedulerLink link;
  private final Directives directives;
  private @Nullable ClientCallStreamObserver<ConnectRequest> requests;
  private @Nullable End ended;
  private boolean claimed;
  private Instant said = Instant.EPOCH;
  private long heardAt;
  private boolean woken;
  private Duration interval = DEFAULT_INTERVAL;

  LinkStream(SchedulerLink link, Directives directives) {
    this.link = link;
    this.directives = directives;
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<ConnectRequest> stream) {
    requests = stream;
  }

  /** Claims and reports until the connection ends. */
  End run(ManagedChannel channel, Identity identity, Supplier<String> bearer) {
    try {
      var stream =
          RuntimeLinkServiceGrpc.newStub(channel)
              .withCallCredentials(new BearerToken(bearer))
              .connect(this);
      stream.onNext(
          ConnectRequest.newBuilder()
              .setClaim(
                  Claim.newBuilder()
                      .setSessionId(identity.session().toString())
                      .setAttempt(identity.attempt())
                      .setRuntimeUid(identity.runtimeUid()))
              .build());
      if (await(CLAIM_AWAITED, true) == null && !isClaimed()) {
        end("no answer to the claim");
      }
      boolean ready = false;
      while (endedWith() == null) {
        Optional<String> uri = link.jupyterUri();
        if (!ready && uri.isPresent()) {
          ready = true;
          stream.onNext(
              ConnectRequest.newBuilder()
                  .setReady(Ready.newBuilder().setJupyterUri(uri.get()))
                  .build());
        }
        Optional<Report> report = link.report();
        if (ready && report.isPresent()) {
          stream.onNext(
              ConnectRequest.newBuilder()
                  .setHeartbeat(Translation.heartbeat(report.get()))
                  .build());
          link.heartbeatSent();
        }
        Optional<SchedulerLink.Wish> wish = link.takeWish();
        if (wish.isPresent()) {
          stream.onNext(
              ConnectRequest.newBuilder()
                  .setEndRequest(
                      EndRequest.newBuilder()
                          .setCause(Translation.cause(wish.get().cause()))
                          .setMessage(wish.get().message())
                          .setPolicyGeneration(wish.get().policyGeneration())
                          .setTime(schedulerTime()))
                  .build());
        }
        await(interval(), false);
      }
    } catch (IllegalStateException gone) {
      // Said while the other side was ending the stream.
      end(String.valueOf(gone.getMessage()));
    }
    End end = endedWith();
    return end == null ? new End.Lost("ended", isClaimed()) : end;
  }

  private synchronized void heard(Policy policy) {
    said = Translation.instant(policy.getTime());
    heardAt = System.nanoTime();
  }

  /** The scheduler's time now, as it told it last and as much later as has passed here. */
  private synchronized Timestamp schedulerTime() {
    return Translation.timestamp(said.plusNanos(System.nanoTime() - heardAt));
  }

  private synchronized @Nullable End await(Duration longest, boolean claim) {
    long until = System.nanoTime() + longest.toNanos();
    while (ended == null && !woken && !(claim && claimed)) {
      long left = (until - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        break;
      }
      try {
        wait(left);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        end("interrupted");
      }
    }
    if (!claim) {
      woken = false;
    }
    return ended;
  }

  private synchronized @Nullable End endedWith() {
    return ended;
  }

  private synchronized Duration interval() {
    return interval;
  }

  synchronized boolean isClaimed() {
    return claimed && ended == null;
  }

  /** There is something to send. */
  synchronized void wake() {
    if (claimed) {
      woken = true;
      notifyAll();
    }
  }

  @Override
  public void onNext(ConnectResponse response) {
    try {
      switch (response.getDirectiveCase()) {
        case CLAIMED -> claimed(response.getClaimed());
        case POLICY -> {
          heard(response.getPolicy());
          directives.changed(Translation.terms(response.getPolicy()));
        }
        case STOP ->
            directives.stop(
                response.getStop().getReason(),
                response.getStop().getMessage(),
                Translation.duration(response.getStop().getGrace()));
        case DIRECTIVE_NOT_SET ->
            LOG.log(System.Logger.Level.DEBUG, "a directive of a newer scheduler was ignored");
      }
    } catch (RuntimeException failure) {
      LOG.log(System.Logger.Level.ERROR, "directive failed", failure);
      end("directive failed");
    }
  }

  private void claimed(Claimed granted) {
    heard(granted.getPolicy());
    directives.claimed(granted.getOwner(), Translation.terms(granted.getPolicy()));
    Duration asked = Translation.duration(granted.getHeartbeatInterval());
    synchronized (this) {
      claimed = true;
      if (asked.isPositive()) {
        interval = asked.compareTo(SHORTEST_INTERVAL) < 0 ? SHORTEST_INTERVAL : asked;
      }
      notifyAll();
    }
  }

  @Override
  public void onError(Throwable error) {
    boolean refused = ErrorStatus.reasonOf(error).filter("CLAIM_REFUSED"::equals).isPresent();
    Status status = Status.fromThrowable(error);
    String why = status.getCode() + ": " + status.getDescription();
    synchronized (this) {
      if (ended == null) {
        ended = refused ? new End.Refused(why) : new End.Lost(why, claimed);
      }
      notifyAll();
    }
  }

  @Override
  public void onCompleted() {
    end("ended by the scheduler");
  }

  /** Ends it from this side, or notes that it has ended. */
  void end(String why) {
    ClientCallStreamObserver<ConnectRequest> stream;
    synchronized (this) {
      if (ended == null) {
        ended = new End.Lost(why, claimed);
      }
      stream = requests;
      notifyAll();
    }
    if (stream != null) {
      stream.cancel(why, null);
    }
  }
}
