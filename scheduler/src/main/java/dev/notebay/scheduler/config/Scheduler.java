package dev.notebay.scheduler.config;

import dev.notebay.proto.runtime.v1.RuntimeLinkServiceGrpc;
import dev.notebay.proto.volume.v1.VolumeServiceGrpc;
import dev.notebay.rpc.Authenticator;
import dev.notebay.rpc.BearerAuthentication;
import dev.notebay.rpc.BearerToken;
import dev.notebay.rpc.ErrorMapping;
import dev.notebay.rpc.GrpcEndpoint;
import dev.notebay.rpc.JwtAuthenticator;
import dev.notebay.rpc.JwtIssuer;
import dev.notebay.scheduler.core.SchedulerException.StoreUnavailable;
import dev.notebay.scheduler.core.fleet.Fleet;
import dev.notebay.scheduler.core.launch.AgentReport;
import dev.notebay.scheduler.core.launch.AgentTokens;
import dev.notebay.scheduler.core.launch.Launcher;
import dev.notebay.scheduler.core.launch.RuntimeSecrets;
import dev.notebay.scheduler.core.leader.LeaderLease;
import dev.notebay.scheduler.core.leader.Leadership;
import dev.notebay.scheduler.core.ledger.Ledger;
import dev.notebay.scheduler.core.placement.PatternValue;
import dev.notebay.scheduler.core.queue.Activity;
import dev.notebay.scheduler.core.queue.PresentQueues;
import dev.notebay.scheduler.core.queue.QueueSettings;
import dev.notebay.scheduler.core.queue.QueueStore;
import dev.notebay.scheduler.core.queue.Queues;
import dev.notebay.scheduler.core.queue.UserLimits;
import dev.notebay.scheduler.core.queue.WaitingLine;
import dev.notebay.scheduler.core.reconcile.ControlLoop;
import dev.notebay.scheduler.core.reconcile.Limits;
import dev.notebay.scheduler.core.reconcile.Reconciler;
import dev.notebay.scheduler.core.request.Allowance;
import dev.notebay.scheduler.core.request.FleetRequests;
import dev.notebay.scheduler.core.request.QueueRequests;
import dev.notebay.scheduler.core.request.SessionRequests;
import dev.notebay.scheduler.core.request.UsageRequests;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionStore;
import dev.notebay.scheduler.core.session.UnfinishedSessions;
import dev.notebay.scheduler.core.time.SharedClock;
import dev.notebay.scheduler.grpc.AgentAuthenticator;
import dev.notebay.scheduler.grpc.AgentConnections;
import dev.notebay.scheduler.grpc.QueueGrpcService;
import dev.notebay.scheduler.grpc.RuntimeLinkGrpcService;
import dev.notebay.scheduler.grpc.SchedulerErrors;
import dev.notebay.scheduler.grpc.SessionFeed;
import dev.notebay.scheduler.grpc.SessionGrpcService;
import dev.notebay.scheduler.grpc.UsageGrpcService;
import dev.notebay.scheduler.metrics.SchedulerMetrics;
import dev.notebay.scheduler.storage.StorageGatewayVolumes;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Everything that serves and everything that loops, made from the ports' real implementations; in
 * order.
 */
public final class Scheduler implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Scheduler.class.getName());
  private static final Duration PASS_INTERVAL = Duration.ofSeconds(1);

  /** After so many a use counts for less than a thousandth. */
  private static final int HALF_LIVES = 10;

  private final ManagedChannel storage;
  private final LoopThread loop;
  private final Leadership leadership;
  private final SessionFeed feed;
  private final GrpcEndpoint endpoint;
  private final Follower follower;
  private final Follower.Sources sources;

  private Scheduler(
      ManagedChannel storage,
      LoopThread loop,
      Leadership leadership,
      SessionFeed feed,
      GrpcEndpoint endpoint,
      Follower follower,
      Follower.Sources sources) {
    this.follower = follower;
    this.sources = sources;
    this.feed = feed;
    this.storage = storage;
    this.loop = loop;
    this.leadership = leadership;
    this.endpoint = endpoint;
  }

  /** Serves and loops from now on, until it is closed. */
  public static Scheduler start(
      Settings settings,
      SessionStore store,
      QueueStore queueStore,
      Ledger ledger,
      LeaderLease lease,
      Launcher launcher,
      Fleet fleet,
      AgentTokens tokens,
      SchedulerMetrics metrics,
      InstantSource wall)
      throws IOException {
    return start(
        settings,
        store,
        queueStore,
        ledger,
        lease,
        launcher,
        fleet,
        tokens,
        Allowance.USUAL,
        metrics,
        wall);
  }

  /** The same with another allowance. */
  public static Scheduler start(
      Settings settings,
      SessionStore store,
      QueueStore queueStore,
      Ledger ledger,
      LeaderLease lease,
      Launcher launcher,
      Fleet fleet,
      AgentTokens tokens,
      Allowance allowance,
      SchedulerMetrics metrics,
      InstantSource wall)
      throws IOException {
    var clock = new SharedClock(System::nanoTime);
    clock.follow(store::now);
    var leadership = new Leadership(lease, settings.replica(), System::nanoTime);
    var feed = new SessionFeed();
    var connections = new AgentConnections(clock);
    var presentQueues = new PresentQueues(queueStore);
    var follower = new Follower();
    var line =
        new WaitingLine(
            fleet,
            PatternValue::new,
            QueueSettings.USUAL,
            id -> activity(connections.lastReport(id)),
            Limits.USUAL.stopGrace());
    // What other replicas change is seen by the passes.
    var unfinished =
        new UnfinishedSessions(
            store,
            session -> {
              line.changed(session);
              feed.publish(session.id());
              follower.wake();
            },
            id -> {
              line.over(id);
              connections.forget(id);
              follower.wake();
            });
    // Before the sessions: one that ends in between counts for nothing rather than twice.
    line.used(ledger.ended(clock.instant().minus(remembered(presentQueues.queues()))));
    unfinished.refresh();
    var fleetRequests = new FleetRequests(fleet, unfinished);
    ManagedChannel storage =
        NettyChannelBuilder.forAddress(settings.storage()).usePlaintext().build();
    var volumes =
        new StorageGatewayVolumes(
            VolumeServiceGrpc.newBlockingStub(storage)
                .withCallCredentials(
                    new BearerToken(
                        new ServiceToken(JwtIssuer.of(settings.key("jwt-private.pem")), wall))),
            storage::resetConnectBackoff);

    // The loop is woken by what it makes possible, and so must exist before those who wake it.
    var wake = new Wake();
    Consumer<Session> changed =
        session -> {
          metrics.changed(session);
          feed.publish(session.id());
          connections.tell(session);
          if (session.isEnded()) {
            connections.forget(session.id());
          }
          wake.loop();
        };
    var lead = new LeadLog(settings.replica(), metrics);
    var queuesOfOthers = new Seldom<>(clock, PASS_INTERVAL, PresentQueues::refresh);
    Executor background = task -> Thread.ofVirtual().name("background").start(task);
    var control =
        new ControlLoop(
            store,
            unfinished,
            launcher,
            volumes,
            connections,
            leadership,
            clock,
            fleet,
            new Reconciler(line, Limits.USUAL),
            // Counting them all would cost more than a pass that has little to do.
            new Seldom<>(
                wall,
                PASS_INTERVAL,
                view -> {
                  int queued = view.waiting().size();
                  background.execute(
                      () -> {
                        connections.saw(view.runtimes()).forEach(feed::publish);
                        metrics.seen(
                            queued,
                            view.sessions(),
                            FleetRequests.accelerators(view.nodes(), view.sessions()));
                      });
                }),
            changed,
            new StepFailureLog(wall),
            background);
    LoopThread loop =
        new LoopThread(
            "control-loop",
            PASS_INTERVAL,
            () -> {
              Instant began = wall.instant();
              try {
                queuesOfOthers.accept(presentQueues);
                line.configure(presentQueues.queues());
                boolean more = control.runOnce();
                metrics.passed(Duration.between(began, wall.instant()));
                return more;
              } catch (RuntimeException failure) {
                metrics.passFailed();
                throw failure;
              } finally {
                lead.saw(leadership.reign());
                follower.leads(leadership.reign().isPresent());
              }
            });
    wake.target = loop;
    var requests =
        new SessionRequests(store, line, connections, allowance, UUID::randomUUID, changed);
    var queueRequests = new QueueRequests(queueStore, presentQueues, unfinished::copy, wake::loop);
    GrpcEndpoint endpoint =
        GrpcEndpoint.start(
            settings.grpc(),
            List.of(
                new SessionGrpcService(
                    requests, fleetRequests, queueRequests, allowance, feed, clock),
                new QueueGrpcService(queueRequests),
                new UsageGrpcService(new UsageRequests(ledger, presentQueues), clock),
                new RuntimeLinkGrpcService(
                    requests, connections, feed, new CountingListener(metrics), clock)),
            new BearerAuthentication(
                Map.of(RuntimeLinkServiceGrpc.SERVICE_NAME, new AgentAuthenticator(tokens)),
                people(settings)),
            new ErrorMapping(SchedulerErrors::toStatus));
    loop.start();
    return new Scheduler(
        storage,
        loop,
        leadership,
        feed,
        endpoint,
        follower,
        new Follower.Sources(
            requests, queueRequests, allowance, unfinished::copy, follower::leads, clock));
  }

  /** How long what was used makes a difference. */
  private static Duration remembered(Queues queues) {
    return queues.all().stream()
        .flatMap(queue -> queue.userLimits().budget().stream())
        .map(UserLimits.Budget::period)
        .reduce(
            QueueSettings.USUAL.halfLife().multipliedBy(HALF_LIVES),
            (one, other) -> one.compareTo(other) > 0 ? one : other);
  }

  /** Idle only where its agent says so, who says it again before it is long ago. */
  private static Activity activity(Optional<AgentReport> last) {
    return last.flatMap(AgentReport::activity)
        .filter(activity -> !activity.active())
        .<Activity>map(activity -> new Activity.Idle(activity.lastActive()))
        .orElse(new Activity.Busy());
  }

  private static Authenticator people(Settings settings) {
    return settings
        .oidc()
        .map(oidc -> JwtAuthenticator.trusting(oidc.issuer(), oidc.keys()))
        .orElseGet(() -> JwtAuthenticator.trustingLocalKey(settings.key("jwt-public.pem")));
  }

  /** Reads the key from which runtime secrets are derived. */
  static RuntimeSecrets secrets(Settings settings) {
    try {
      return new RuntimeSecrets(Files.readAllBytes(settings.key("installation.key")));
    } catch (IOException unreadable) {
      throw new UncheckedIOException(
          "cannot read " + settings.key("installation.key") + "; './notebay up' makes it",
          unreadable);
    }
  }

  /** Lets something else follow the sessions of this replica, until this is closed; once. */
  void follow(String name, Function<Follower.Sources, Runnable> pass) {
    follower.start(name, pass, sources);
  }

  /** Something may have become of a runtime. */
  void wake() {
    loop.wake();
  }

  /** Those who follow may find something to do. */
  void wakeFollower() {
    follower.wake();
  }

  Duration sinceLastGoodPass() {
    return loop.sinceLastGoodPass();
  }

  /** No new calls, no new steps; what runs in sessions goes on. */
  @Override
  public void close() {
    follower.close();
    feed.close();
    endpoint.close();
    loop.close();
    // Another thread's passes may still lead.
    if (loop.hasEnded()) {
      resign();
    }
    storage.shutdownNow();
  }

  private void resign() {
    try {
      leadership.resign();
    } catch (StoreUnavailable away) {
      LOG.log(
          System.Logger.Level.WARNING,
          "lead not given back, another replica takes it when the lease has run out",
          away);
    }
  }

  private static final class Wake {
    private volatile @org.jspecify.annotations.Nullable LoopThread target;

    void loop() {
      LoopThread thread = target;
      if (thread != null) {
        thread.wake();
      }
    }
  }

  private record CountingListener(SchedulerMetrics metrics)
      implements RuntimeLinkGrpcService.LinkListener {
    @Override
    public void heartbeat() {
      metrics.heartbeat();
    }

    @Override
    public void claimRefused() {
      metrics.claimRefused();
    }
  }
}
