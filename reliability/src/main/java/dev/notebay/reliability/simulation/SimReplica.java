package dev.notebay.reliability.simulation;

import dev.notebay.scheduler.core.SchedulerException.ClaimRefused;
import dev.notebay.scheduler.core.SchedulerException.SessionNotFound;
import dev.notebay.scheduler.core.fleet.Fleet;
import dev.notebay.scheduler.core.launch.AgentReport;
import dev.notebay.scheduler.core.leader.Leadership;
import dev.notebay.scheduler.core.placement.TightestFit;
import dev.notebay.scheduler.core.queue.Activity;
import dev.notebay.scheduler.core.queue.QueueSettings;
import dev.notebay.scheduler.core.queue.WaitingLine;
import dev.notebay.scheduler.core.reconcile.ControlLoop;
import dev.notebay.scheduler.core.reconcile.Reconciler;
import dev.notebay.scheduler.core.request.Allowance;
import dev.notebay.scheduler.core.request.EndWish;
import dev.notebay.scheduler.core.request.SessionRequests;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.Kept;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.UnfinishedSessions;
import dev.notebay.scheduler.core.time.SharedClock;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One scheduler process: the production core, wired as {@code config.Scheduler} wires it, with the
 * loop of {@code LoopThread} and the link service of {@code RuntimeLinkGrpcService}.
 */
final class SimReplica {
  private static final Duration PASS_INTERVAL = Duration.ofSeconds(1);
  private static final int PASSES_IN_A_ROW = 16;
  private static final URI JUPYTER = URI.create("http://10.0.0.1:8888");

  private final World world;
  private final Network network;
  private final Database database;
  private final SimStore store;
  private final SimLauncher launcher;
  private final SimGateway gateway;
  private final Fleet fleet;
  private final Actor actor;
  private final LongSupplier nanoTime;
  private final LongSupplier leaseTime;
  private SimLinks links;
  private SharedClock clock;
  private UnfinishedSessions unfinished;
  private WaitingLine line;
  private SessionRequests requests;
  private ControlLoop loop;
  private boolean woken;
  private @Nullable Promise<Boolean> wakeUp;

  SimReplica(
      String name,
      World world,
      Network network,
      Database database,
      Cluster cluster,
      SimGateway gateway,
      Fleet fleet) {
    this.world = world;
    this.network = network;
    this.database = database;
    this.gateway = gateway;
    this.fleet = fleet;
    this.actor = new Actor(name);
    this.store = new SimStore(network, database, actor);
    this.launcher = new SimLauncher(world, network, cluster, actor);
    Clocks clocks = Clocks.of(world, network.weather());
    this.nanoTime = clocks::nanoTime;
    // Only the lease is counted so wrongly: safety must not rest on it.
    double rate = network.weather().clockSkew() == 0 ? 1 : world.random().nextDouble(0.5, 2);
    this.leaseTime = () -> (long) (clocks.nanoTime() * rate);
    this.clock = new SharedClock(nanoTime);
    this.links = new SimLinks(network, clock);
    this.line = line();
    this.unfinished = unfinished();
    this.requests = requests();
    this.loop = loop();
  }

  Actor actor() {
    return actor;
  }

  SimLauncher launcher() {
    return launcher;
  }

  private UnfinishedSessions unfinished() {
    return new UnfinishedSessions(
        store,
        line::changed,
        id -> {
          line.over(id);
          links.forget(id);
        });
  }

  private WaitingLine line() {
    return new WaitingLine(
        fleet,
        _ -> new TightestFit(),
        QueueSettings.USUAL,
        _ -> new Activity.Busy(),
        network.weather().limits().stopGrace());
  }

  private SessionRequests requests() {
    return new SessionRequests(
        store,
        line,
        links,
        Allowance.USUAL,
        () -> new UUID(world.random().nextLong(), world.random().nextLong()),
        this::changed);
  }

  /** What people ask of it; only for code of this actor. */
  SessionRequests api() {
    return requests;
  }

  SharedClock clock() {
    return clock;
  }

  private ControlLoop loop() {
    return new ControlLoop(
        store,
        unfinished,
        launcher,
        gateway.of(network, actor),
        links,
        new Leadership(store, actor.name(), leaseTime),
        clock,
        fleet,
        new Reconciler(line, network.weather().limits()),
        _ -> {},
        this::changed,
        (step, failure) -> world.trace(() -> actor + " failed " + step + ": " + failure),
        Runnable::run);
  }

  private void changed(Session session) {
    boolean isMade =
        database
            .rows()
            .find(session.id())
            .filter(row -> row.version() > session.version() || row.equals(Kept.of(session)))
            .isPresent();
    if (!isMade) {
      throw new Violation("others are told of a change that was not made: " + session);
    }
    links.tell(session);
    if (session.isEnded()) {
      links.forget(session.id());
    }
    woken = true;
    if (wakeUp != null) {
      wakeUp.keep(true);
    }
  }

  void start() {
    world.trace(() -> actor + " starts");
    actor.start();
    clock = new SharedClock(nanoTime);
    links = new SimLinks(network, clock);
    line = line();
    unfinished = unfinished();
    requests = requests();
    loop = loop();
    woken = false;
    world.spawn(actor, this::run);
  }

  void crash() {
    world.trace(() -> actor + " crashes");
    actor.crash();
  }

  private void run() {
    while (true) {
      try {
        int passes = 0;
        do {
          woken = false;
        } while (loop.runOnce() && ++passes < PASSES_IN_A_ROW);
      } catch (RuntimeException failure) {
        world.trace(() -> actor + " pass failed: " + failure);
      }
      if (!woken) {
        Promise<Boolean> wake = new Promise<>();
        wakeUp = wake;
        world.after(PASS_INTERVAL.toNanos(), actor, () -> wake.keep(false));
        world.await(wake);
        wakeUp = null;
      }
    }
  }

  // ---- the agents' link service
  // -------------------------------------------------------------------

  /** A claim that was granted, by the replica's clock. */
  record Grant(Session session, Instant said) {}

  Grant claim(Link link) {
    Session session;
    try {
      session = requests.claim(link.agent().name(), link.agent().uid(), clock.instant());
    } catch (SessionNotFound none) {
      throw new ClaimRefused("there is no such session");
    }
    links.open(link);
    return new Grant(session, clock.instant());
  }

  void ready(Link link) {
    report(
        link,
        agent -> {
          Session session = requests.ready(agent.name(), agent.uid(), JUPYTER, clock.instant());
          if (!session.isClaimedBy(agent.uid())) {
            throw new ClaimRefused("the session is " + session.state().label());
          }
        });
  }

  void heartbeat(Link link, AgentReport.Activity activity) {
    report(
        link,
        agent ->
            links.report(
                agent.name().session(),
                new AgentReport(Optional.of(activity), 1, 0, clock.instant())));
  }

  void endRequest(Link link, EndReason reason, long generation, Instant asOf) {
    report(
        link,
        agent -> {
          Session session =
              requests.endRequest(agent.name(), new EndWish(reason, "", generation, asOf), clock);
          if (session.isClaimedBy(agent.uid())) {
            Instant said = clock.instant();
            link.toAgent(network.latency(false), () -> agent.follow(session, said));
          }
        });
  }

  private void report(Link link, Consumer<SimAgent> handler) {
    try {
      handler.accept(link.agent());
    } catch (ClaimRefused refused) {
      links.close(link);
      link.endedByReplica(network.latency(false), link.agent()::refused);
    } catch (RuntimeException failure) {
      world.trace(() -> actor + " ends the link of " + link.agent().name() + ": " + failure);
      links.close(link);
      link.endedByReplica(network.latency(false), link.agent()::wake);
    }
  }
}
