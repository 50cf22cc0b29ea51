package dev.notebay.reliability.processes;

import dev.notebay.cli.config.Settings;
import dev.notebay.proto.session.v1.Accelerator;
import dev.notebay.proto.session.v1.Compute;
import dev.notebay.proto.session.v1.CreateSessionRequest;
import dev.notebay.proto.session.v1.ExtendSessionRequest;
import dev.notebay.proto.session.v1.GetSessionRequest;
import dev.notebay.proto.session.v1.ListSessionsRequest;
import dev.notebay.proto.session.v1.ListSessionsResponse;
import dev.notebay.proto.session.v1.Session;
import dev.notebay.proto.session.v1.Session.State;
import dev.notebay.proto.session.v1.SessionServiceGrpc;
import dev.notebay.proto.session.v1.SessionServiceGrpc.SessionServiceBlockingStub;
import dev.notebay.proto.session.v1.StopSessionRequest;
import dev.notebay.proto.volume.v1.CreateVolumeRequest;
import dev.notebay.proto.volume.v1.DeleteVolumeRequest;
import dev.notebay.proto.volume.v1.Volume;
import dev.notebay.proto.volume.v1.VolumeServiceGrpc;
import dev.notebay.proto.volume.v1.VolumeServiceGrpc.VolumeServiceBlockingStub;
import dev.notebay.reliability.history.SessionAnswer;
import dev.notebay.reliability.history.SessionCall;
import dev.notebay.reliability.processes.Acknowledged.Known;
import dev.notebay.rpc.BearerToken;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.RequestKey;
import io.grpc.ManagedChannel;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * One person: makes sessions, reads, extends and ends them, at random. Every request is repeated,
 * with the same request id, until it is answered.
 */
final class Client implements AutoCloseable {
  private static final Duration CALL = Duration.ofSeconds(3);
  private static final Duration ANSWERED = Duration.ofSeconds(60);
  private static final Duration AGAIN = Duration.ofMillis(40);
  private static final int LONGEST_THOUGHT_MILLIS = 160;
  private static final int MOST_LIVE = 4;
  private static final String VOLUME = "data";
  private static final int VOLUMES_PERCENT = 5;

  /** Those in the trash count against what one person may have. */
  private static final int MOST_VOLUMES = 20;

  private final String name;
  private final Acknowledged acknowledged;
  private final AcknowledgedVolumes acknowledgedVolumes;
  private final SessionHistory history;
  private final Gate gate;
  private final SplittableRandom random;
  private final ManagedChannel scheduler;
  private final ManagedChannel storage;
  private final BearerToken token;
  private final List<String> violations = new CopyOnWriteArrayList<>();
  private final Set<String> all = new LinkedHashSet<>();
  private final List<String> live = new ArrayList<>();
  private volatile String doing = "";
  private int others;
  private final Thread thread;

  Client(
      String name,
      Installation installation,
      Acknowledged acknowledged,
      AcknowledgedVolumes acknowledgedVolumes,
      SessionHistory history,
      Gate gate,
      SplittableRandom random)
      throws IOException {
    this.name = name;
    this.acknowledged = acknowledged;
    this.acknowledgedVolumes = acknowledgedVolumes;
    this.history = history;
    this.gate = gate;
    this.random = random;
    this.token = installation.token(name);
    this.scheduler = channel(installation, Settings.SCHEDULER_GRPC);
    this.storage = channel(installation, Settings.STORAGE_GRPC);
    this.thread = Thread.ofPlatform().name(name).daemon().unstarted(this::run);
  }

  private static ManagedChannel channel(Installation installation, String address) {
    return NettyChannelBuilder.forAddress(installation.settings().endpoint(address).address())
        .usePlaintext()
        .build();
  }

  void start() {
    thread.start();
  }

  boolean isBusy() {
    return !doing.isEmpty();
  }

  String doing() {
    return doing;
  }

  List<String> violations() {
    return violations;
  }

  private void run() {
    try {
      boolean hasVolume = false;
      while (gate.pass()) {
        if (!hasVolume) {
          hasVolume = createVolume(VOLUME);
        }
        act();
        gate.linger(Gate.milliseconds(random.nextInt(LONGEST_THOUGHT_MILLIS)));
      }
    } catch (InterruptedException closing) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error failure) {
      violations.add(name + " could not go on: " + failure);
    } finally {
      doing = "";
    }
  }

  private void act() {
    int dice = random.nextInt(100);
    if (dice < VOLUMES_PERCENT && others < MOST_VOLUMES) {
      String volume = VOLUME + "-" + ++others;
      if (createVolume(volume)) {
        deleteVolume(volume);
      }
    } else if (live.isEmpty() || (dice < 35 && live.size() < MOST_LIVE)) {
      create();
    } else if (dice < 65) {
      stop(any());
    } else if (dice < 80) {
      get(any());
    } else if (dice < 90) {
      extend(any());
    } else {
      list(false);
    }
  }

  private String any() {
    return live.get(random.nextInt(live.size()));
  }

  private boolean createVolume(String volume) {
    var request =
        CreateVolumeRequest.newBuilder()
            .setVolumeId(volume)
            .setRequestId(requestId().toString())
            .setVolume(
                Volume.newBuilder().setAccessMode(Volume.AccessMode.ACCESS_MODE_SINGLE_WRITER))
            .build();
    boolean made =
        volumes("create volume " + volume, stub -> stub.createVolume(request)).isPresent();
    if (made) {
      acknowledgedVolumes.created(name, volume);
    }
    return made;
  }

  private void deleteVolume(String volume) {
    var request = DeleteVolumeRequest.newBuilder().setName("volumes/" + volume).build();
    volumes("delete volume " + volume, stub -> stub.deleteVolume(request))
        .ifPresent(_ -> acknowledgedVolumes.deleted(name, volume));
  }

  private <T> Optional<T> volumes(String what, Function<VolumeServiceBlockingStub, T> call) {
    return answered(
        what,
        storage,
        () ->
            call.apply(
                VolumeServiceGrpc.newBlockingStub(storage)
                    .withCallCredentials(token)
                    .withDeadlineAfter(CALL.toMillis(), TimeUnit.MILLISECONDS)));
  }

  private UUID requestId() {
    return new UUID(random.nextLong() & ~0xF000L | 0x4000L, random.nextLong() >>> 2 | 1L << 63);
  }

  private void create() {
    UUID id = requestId();
    int dice = random.nextInt(10);
    var wanted =
        Session.newBuilder()
            .setCompute(Compute.newBuilder().setCpuMilli(50).setMemoryBytes(128L << 20));
    if (dice > 1) {
      wanted.setAccelerator(accelerator(dice));
    }
    if (random.nextInt(4) == 0) {
      wanted.setVolume(VOLUME);
    }
    var request =
        CreateSessionRequest.newBuilder().setSession(wanted).setRequestId(id.toString()).build();
    var key = new RequestKey(id, request.toString());
    sessions(
            "create " + id,
            new SessionCall.Create(owner(), key),
            SessionHistory::meaning,
            stub -> stub.createSession(request))
        .ifPresent(
            session -> {
              acknowledged.created(id, session);
              all.add(session.getName());
              live.add(session.getName());
            });
  }

  private static Accelerator accelerator(int dice) {
    var accelerator = Accelerator.newBuilder().setType("nvidia-t4");
    return switch (dice) {
      case 2, 3, 4 -> accelerator.setCount(1).setMilli(200 * dice).build();
      case 5, 6, 7 -> accelerator.setCount(1).build();
      default -> accelerator.setCount(2).build();
    };
  }

  private void stop(String session) {
    Known before = acknowledged.atLeast(session);
    var request = StopSessionRequest.newBuilder().setName(session).build();
    sessions(
            "stop " + session,
            new SessionCall.Stop(owner(), SessionHistory.id(session), Optional.empty()),
            SessionHistory::meaning,
            stub -> stub.stopSession(request))
        .ifPresent(
            answer -> {
              acknowledged.stopped(answer, before);
              live.remove(session);
            });
  }

  private void extend(String session) {
    Known before = acknowledged.atLeast(session);
    var request = ExtendSessionRequest.newBuilder().setName(session).build();
    sessions("extend " + session, stub -> stub.extendSession(request))
        .ifPresent(answer -> acknowledged.read(answer, before));
  }

  private void get(String session) {
    Known before = acknowledged.atLeast(session);
    var request = GetSessionRequest.newBuilder().setName(session).build();
    sessions(
            "get " + session,
            new SessionCall.Get(owner(), SessionHistory.id(session)),
            SessionHistory::meaning,
            stub -> stub.getSession(request))
        .ifPresent(
            answer -> {
              acknowledged.read(answer, before);
              if (answer.getState() == State.STATE_STOPPED
                  || answer.getState() == State.STATE_FAILED) {
                live.remove(session);
              }
            });
  }

  /** All pages; every session that was acknowledged is there, the live ones in any case. */
  private void list(boolean withEnded) {
    Set<String> expected = withEnded ? Set.copyOf(all) : Set.of();
    Set<String> found = new LinkedHashSet<>();
    String page = "";
    do {
      var request =
          ListSessionsRequest.newBuilder().setShowEnded(withEnded).setPageToken(page).build();
      Optional<ListSessionsResponse> answer =
          page.isEmpty()
              ? sessions(
                  "list",
                  new SessionCall.ListAll(owner(), withEnded),
                  SessionHistory::meaning,
                  stub -> stub.listSessions(request))
              : sessions("list on", stub -> stub.listSessions(request));
      if (answer.isEmpty()) {
        return;
      }
      answer.get().getSessionsList().forEach(session -> found.add(session.getName()));
      page = answer.get().getNextPageToken();
    } while (!page.isEmpty());
    expected.stream().filter(session -> !found.contains(session)).forEach(acknowledged::lost);
  }

  /** While it is hushed: reads each live session, and the list of all. */
  void readAll() {
    List.copyOf(live).forEach(this::get);
    list(true);
    doing = "";
  }

  /** While it is hushed: ends all. */
  void stopAll() {
    List.copyOf(live).forEach(this::stop);
    doing = "";
  }

  private Owner owner() {
    return new Owner(name);
  }

  private <T> Optional<T> sessions(
      String what,
      SessionCall asked,
      Function<T, Optional<SessionAnswer>> meaning,
      Function<SessionServiceBlockingStub, T> call) {
    return sessions(what, stub -> history.noting(name, asked, meaning, () -> call.apply(stub)));
  }

  private <T> Optional<T> sessions(String what, Function<SessionServiceBlockingStub, T> call) {
    return answered(
        what,
        scheduler,
        () ->
            call.apply(
                SessionServiceGrpc.newBlockingStub(scheduler)
                    .withCallCredentials(token)
                    .withDeadlineAfter(CALL.toMillis(), TimeUnit.MILLISECONDS)));
  }

  /** Calls until it is answered; empty where the answer was a refusal. */
  private <T> Optional<T> answered(
      String what, ManagedChannel channel, java.util.function.Supplier<T> call) {
    long end = System.nanoTime() + ANSWERED.toNanos();
    doing = name + " " + what;
    try {
      while (true) {
        try {
          return Optional.of(call.get());
        } catch (StatusRuntimeException failure) {
          switch (codeOf(failure)) {
            case UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED -> {
              if (System.nanoTime() > end || gate.isOver()) {
                violations.add("no answer in " + ANSWERED + ": " + doing + ": " + failure);
                return Optional.empty();
              }
              gate.linger(AGAIN);
              channel.resetConnectBackoff();
            }
            case FAILED_PRECONDITION, RESOURCE_EXHAUSTED -> {
              return Optional.empty();
            }
            default -> {
              violations.add(doing + ": " + failure);
              return Optional.empty();
            }
          }
        }
      }
    } catch (InterruptedException closing) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    } finally {
      doing = "";
    }
  }

  /** What gRPC knows of a connection that broke while a call was sent is no answer either. */
  private static Code codeOf(StatusRuntimeException failure) {
    return failure.getStatus().getCause() instanceof IOException
        ? Code.UNAVAILABLE
        : failure.getStatus().getCode();
  }

  @Override
  public void close() throws InterruptedException {
    thread.join(CALL.multipliedBy(2));
    scheduler.shutdownNow();
    storage.shutdownNow();
  }
}
