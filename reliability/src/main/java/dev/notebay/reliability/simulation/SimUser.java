package dev.notebay.reliability.simulation;

import dev.notebay.reliability.history.History;
import dev.notebay.reliability.history.SessionAnswer;
import dev.notebay.reliability.history.SessionCall;
import dev.notebay.scheduler.core.SchedulerException;
import dev.notebay.scheduler.core.SchedulerException.StoreUnavailable;
import dev.notebay.scheduler.core.SchedulerException.WrongState;
import dev.notebay.scheduler.core.request.SessionRequests;
import dev.notebay.scheduler.core.request.SessionView;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Compute;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.Policy;
import dev.notebay.scheduler.core.session.RequestKey;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.function.Function;

/** Somebody who asks for sessions, looks at them, extends and stops them, and asks again. */
final class SimUser {
  private static final int PATIENCE = 12;
  private static final int VOLUMES = 2;
  private static final int MANY = 1_000;

  private final World world;
  private final Network network;
  private final Truth truth;
  private final List<SimReplica> replicas;
  private final History<SessionCall, SessionAnswer> history;
  private final Owner owner;
  private final Actor actor;

  SimUser(
      String name,
      World world,
      Network network,
      Truth truth,
      List<SimReplica> replicas,
      History<SessionCall, SessionAnswer> history) {
    this.world = world;
    this.network = network;
    this.truth = truth;
    this.replicas = replicas;
    this.history = history;
    this.owner = new Owner(name);
    this.actor = new Actor(name);
  }

  void start() {
    Weather weather = network.weather();
    for (int i = 0; i < weather.sessionsPerUser(); i++) {
      world.after(world.random().nextLong(weather.storm()), () -> world.spawn(actor, this::useOne));
    }
  }

  /** Asks until somebody answers, at most for some time; answers that are errors are thrown. */
  private <T> Optional<T> ask(
      SessionCall call,
      BiFunction<SessionRequests, Instant, T> request,
      Function<T, SessionAnswer> answer) {
    for (int attempt = 0; attempt < PATIENCE; attempt++) {
      SimReplica replica = replicas.get(world.random().nextInt(replicas.size()));
      var asked = history.begin(owner.subject(), call, world.now());
      try {
        T given =
            network.ask(
                actor,
                replica.actor(),
                () -> true,
                () -> request.apply(replica.api(), replica.clock().instant()),
                SimUser::unavailable);
        asked.answered(answer.apply(given), world.now());
        return Optional.of(given);
      } catch (StoreUnavailable away) {
        world.sleep(world.between(50, 2_000));
      } catch (SchedulerException refused) {
        SessionAnswer.of(refused).ifPresent(known -> asked.answered(known, world.now()));
        throw refused;
      }
    }
    return Optional.empty();
  }

  private Optional<SessionId> askForOne(
      SessionCall call, BiFunction<SessionRequests, Instant, SessionView> request) {
    return ask(call, request, SessionAnswer::of).map(view -> view.session().id());
  }

  private static StoreUnavailable unavailable() {
    return new StoreUnavailable("no answer", new IllegalStateException());
  }

  private void useOne() {
    SplittableRandom random = world.random();
    var key = new RequestKey(new UUID(random.nextLong(), random.nextLong()), "digest");
    SessionSpec spec = spec();
    if (network.weather().haste() && random.nextBoolean()) {
      world.spawn(actor, () -> create(spec, key));
    }
    Optional<SessionId> made = create(spec, key);
    if (made.isEmpty()) {
      return;
    }
    SessionId id = made.get();
    int interest = random.nextInt(6);
    for (int i = 0; i < interest; i++) {
      world.sleep(world.between(20, 15_000));
      look(id);
    }
    if (random.nextInt(4) > 0) {
      stop(id);
    }
  }

  /** Asks for one session, and never looks at it. */
  void ask(SessionSpec spec, RequestKey key) {
    world.spawn(actor, () -> create(spec, key));
  }

  private Optional<SessionId> create(SessionSpec spec, RequestKey key) {
    Optional<SessionId> made =
        askForOne(
            new SessionCall.Create(owner, key),
            (requests, now) -> requests.create(owner, spec, key, now));
    made.ifPresent(id -> truth.acknowledged(key.id(), id));
    return made;
  }

  private void look(SessionId id) {
    switch (world.random().nextInt(4)) {
      case 0 -> {
        try {
          askForOne(
              new SessionCall.Extend(owner, id),
              (requests, now) -> requests.extend(owner, id, Optional.empty(), now));
        } catch (WrongState notRunning) {
          world.trace(() -> id + " cannot be extended: " + notRunning.getMessage());
        }
      }
      case 1 -> list(true);
      default ->
          askForOne(
              new SessionCall.Get(owner, id), (requests, now) -> requests.get(owner, id, now));
    }
  }

  private Optional<List<SessionView>> list(boolean withEnded) {
    return ask(
        new SessionCall.ListAll(owner, withEnded),
        (requests, now) -> requests.list(owner, withEnded, Optional.empty(), MANY, now),
        SessionAnswer::of);
  }

  void stop(SessionId id) {
    truth.stopAsked(id);
    askForOne(
        new SessionCall.Stop(owner, id, Optional.empty()),
        (requests, now) -> requests.stop(owner, id, Optional.empty(), now));
  }

  /** Stops every session that a list shows. */
  void stopAll() {
    world.spawn(
        actor,
        () ->
            list(false).stream()
                .flatMap(List::stream)
                .map(view -> view.session().id())
                .forEach(id -> world.spawn(actor, () -> stop(id))));
  }

  private SessionSpec spec() {
    SplittableRandom random = world.random();
    int devices = random.nextInt(network.weather().devicesPerNode() + 1);
    return new SessionSpec(
        "",
        accelerator(devices, random),
        new Compute(100, 1 << 20),
        random.nextInt(3) == 0
            ? Optional.of("volume-" + random.nextInt(VOLUMES))
            : Optional.empty(),
        policy(random));
  }

  private static Accelerator accelerator(int devices, SplittableRandom random) {
    if (devices == 1 && random.nextBoolean()) {
      return new Accelerator(
          List.of(Installation.ACCELERATOR), 1, 100 * (1 + random.nextInt(9)), 0);
    }
    return devices == 0 ? Accelerator.NONE : new Accelerator(Installation.ACCELERATOR, devices);
  }

  private static Policy policy(SplittableRandom random) {
    Duration idle = Duration.ofSeconds(random.nextInt(3) == 0 ? 3_600 : 5 + random.nextInt(60));
    return new Policy(
        idle,
        Duration.ofSeconds(random.nextInt(3) == 0 ? 36_000 : 10 + random.nextInt(200)),
        Duration.ofSeconds(random.nextLong(Math.min(10, idle.toSeconds()))));
  }
}
