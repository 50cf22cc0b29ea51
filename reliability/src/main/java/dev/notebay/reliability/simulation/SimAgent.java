package dev.notebay.reliability.simulation;

import dev.notebay.agent.core.activity.AgentClock;
import dev.notebay.agent.core.activity.Cause;
import dev.notebay.agent.core.activity.Clients;
import dev.notebay.agent.core.activity.Notice;
import dev.notebay.agent.core.activity.Policy;
import dev.notebay.agent.core.activity.Report;
import dev.notebay.agent.core.activity.Scheduler;
import dev.notebay.agent.core.activity.SessionWatch;
import dev.notebay.agent.core.activity.Terms;
import dev.notebay.scheduler.core.SchedulerException.ClaimRefused;
import dev.notebay.scheduler.core.launch.AgentReport;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.Session;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The processes of one runtime: an agent, which may crash and is started again, and a kernel, which
 * goes on meanwhile. When the session ends is decided by the agent's production code ({@link
 * SessionWatch}); the link to the scheduler is dialled as {@code SchedulerLink} dials it.
 */
final class SimAgent {
  private static final Duration HEARTBEAT = Duration.ofSeconds(5);
  private static final long WATCH = 1_000_000_000L;
  private static final long REPEAT_WISH = 5_000_000_000L;
  private static final long FIRST_PAUSE_MILLIS = 200;
  private static final long LONGEST_PAUSE_MILLIS = 5_000;

  private final World world;
  private final Network network;
  private final Cluster cluster;
  private final Truth truth;
  private final List<SimReplica> replicas;
  private final Pod pod;
  private final Actor actor;
  private final Clocks clocks;
  private final Usage usage;
  private boolean dead;
  private boolean ending;
  private boolean kernel;
  private long kernelSince;
  private Optional<Policy> granted = Optional.empty();
  private Optional<Link> link = Optional.empty();
  private Optional<Report> report = Optional.empty();
  private Optional<Wish> wish = Optional.empty();
  private Optional<Wish> sentWish = Optional.empty();
  private long sentWishAt;
  private Instant saidLast = World.BEGINNING;
  private long heardAt;
  private @Nullable Promise<Boolean> wakeUp;
  private SessionWatch watch;

  private record Wish(Cause cause, long generation) {}

  SimAgent(
      World world,
      Network network,
      Cluster cluster,
      Truth truth,
      List<SimReplica> replicas,
      Pod pod) {
    this.world = world;
    this.network = network;
    this.cluster = cluster;
    this.truth = truth;
    this.replicas = replicas;
    this.pod = pod;
    this.actor = new Actor("agent of " + pod);
    this.clocks = Clocks.of(world, network.weather());
    this.usage = Usage.of(world.random());
    this.watch = watch();
  }

  Actor actor() {
    return actor;
  }

  RuntimeName name() {
    return pod.name();
  }

  String uid() {
    return pod.uid();
  }

  boolean isReachable() {
    return !dead && cluster.machine(pod.node()).isReachable();
  }

  boolean hasKernel() {
    return kernel;
  }

  boolean isConnected() {
    return link.filter(Link::isOpen).isPresent();
  }

  /** What the kernel really does. */
  Usage usage() {
    return usage;
  }

  /** Nanoseconds since the beginning. */
  long kernelSince() {
    return kernelSince;
  }

  Clocks clocks() {
    return clocks;
  }

  // ---- life and death
  // -----------------------------------------------------------------------------

  void start() {
    actor.start();
    watch = watch();
    link = Optional.empty();
    wish = Optional.empty();
    sentWish = Optional.empty();
    report = Optional.empty();
    world.spawn(actor, this::run);
  }

  /** The agent's process ends, and its supervisor starts it again; the kernel does not notice. */
  void crash(long pause) {
    if (dead || ending || !actor.isUp()) {
      return;
    }
    world.trace(() -> actor + " crashes");
    actor.crash();
    world.after(
        pause,
        () -> {
          if (!dead) {
            start();
          }
        });
  }

  /** Everything in the runtime ends at once. */
  void die() {
    if (dead) {
      return;
    }
    dead = true;
    actor.crash();
    if (kernel) {
      kernel = false;
      truth.kernelStopped(pod);
    }
  }

  /** Everything in the runtime ends at once, and its node tells. */
  void fail() {
    if (!dead) {
      world.trace(() -> actor + " fails");
      die();
      cluster.exited(pod, EndReason.RUNTIME_LOST, "out of memory");
    }
  }

  private void end(EndReason reason, String why) {
    if (ending || dead) {
      return;
    }
    ending = true;
    world.trace(() -> actor + " ends: " + why);
    world.after(
        world.between(50, 4_000),
        () -> {
          if (!dead) {
            die();
            cluster.exited(pod, reason, why);
          }
        });
  }

  // ---- the agent's program
  // ------------------------------------------------------------------------

  private void run() {
    granted.ifPresent(this::follow);
    world.spawn(actor, this::watchForEver);
    int failures = 0;
    while (!ending) {
      var dialled = new Link(world, this, replicas.get(world.random().nextInt(replicas.size())));
      boolean claimed = false;
      try {
        SimReplica.Grant grant =
            network.ask(
                actor,
                dialled.replica().actor(),
                this::isReachable,
                () -> dialled.replica().claim(dialled),
                () -> new IllegalStateException("no answer"));
        claimed = true;
        dialled.tellPolicy(grant.session().policyGeneration());
        follow(grant.session(), grant.said());
        talk(dialled);
      } catch (ClaimRefused refusal) {
        refused();
        return;
      } catch (RuntimeException lost) {
        world.trace(() -> actor + " has no link: " + lost.getMessage());
      }
      dialled.close();
      link = Optional.empty();
      wish = Optional.empty();
      sentWish = Optional.empty();
      failures = claimed ? 0 : failures + 1;
      long longest = Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS << Math.min(failures, 10));
      world.sleep(world.between(longest / 2, longest));
    }
  }

  private void talk(Link dialled) {
    startKernel();
    link = Optional.of(dialled);
    dialled.toReplica(network.latency(false), () -> dialled.replica().ready(dialled));
    while (!ending && dialled.isOpen() && isReachable()) {
      if (world.chance(network.weather().linkBreak())) {
        dialled.close();
        return;
      }
      report
          .flatMap(Report::activity)
          .ifPresent(
              activity ->
                  dialled.toReplica(
                      network.latency(false),
                      () -> dialled.replica().heartbeat(dialled, translated(activity))));
      wish.ifPresent(
          wanted -> {
            sentWish = wish;
            sentWishAt = world.now();
            wish = Optional.empty();
            Instant asOf = saidLast.plusNanos(clocks.nanoTime() - heardAt);
            dialled.toReplica(
                network.latency(false),
                () ->
                    dialled
                        .replica()
                        .endRequest(
                            dialled,
                            EndReason.valueOf(wanted.cause().name()),
                            wanted.generation(),
                            asOf));
          });
      Promise<Boolean> wake = new Promise<>();
      wakeUp = wake;
      world.after(HEARTBEAT.toNanos(), actor, () -> wake.keep(false));
      world.await(wake);
      wakeUp = null;
    }
  }

  /** Only with a claim: from here on the devices and the volume are in use. */
  private void startKernel() {
    if (kernel) {
      return;
    }
    world.sleep(world.between(50, 1_500));
    if (!ending) {
      kernel = true;
      kernelSince = world.now();
      truth.kernelStarted(pod);
    }
  }

  private void watchForEver() {
    while (true) {
      watch.runOnce();
      world.sleep(WATCH);
    }
  }

  // ---- what the scheduler says
  // --------------------------------------------------------------------

  void refused() {
    truth.agentGivesUp(pod, EndReason.RUNTIME_LOST);
    end(EndReason.RUNTIME_LOST, "the claim was refused");
  }

  void stop(EndReason reason) {
    truth.agentGivesUp(pod, reason);
    end(reason, "told to: " + reason);
  }

  /**
   * The scheduler tells the session's policy; its times are by the clock that shows {@code said}.
   */
  void follow(Session session, Instant said) {
    saidLast = said;
    heardAt = clocks.nanoTime();
    dev.notebay.scheduler.core.session.Policy told = session.spec().policy();
    follow(
        new Terms(
                session.policyGeneration(),
                Optional.of(told.idleTimeout()),
                told.warning(),
                session.latestEnd().map(end -> Duration.between(said, end)),
                session.latestEndReason() == EndReason.PREEMPTED
                    ? Cause.PREEMPTED
                    : Cause.MAX_LIFETIME,
                session.extendUntil().map(until -> Duration.between(said, until)))
            .heardAt(clock().elapsed()));
  }

  private void follow(Policy policy) {
    granted = Optional.of(policy);
    watch.follow(policy);
  }

  void wake() {
    if (wakeUp != null) {
      wakeUp.keep(true);
    }
  }

  // ---- the ports of the agent's core
  // --------------------------------------------------------------

  private SessionWatch watch() {
    return new SessionWatch(
        new SimKernel(this, world), clock(), scheduler(), new Nobody(), this::endByItself);
  }

  private void endByItself(String reason, String message, Duration grace) {
    if (!ending) {
      truth.agentEndsAlone(pod, EndReason.valueOf(reason));
      end(EndReason.valueOf(reason), message);
    }
  }

  private AgentClock clock() {
    return new AgentClock() {
      @Override
      public Instant now() {
        return clocks.wallTime();
      }

      @Override
      public Duration elapsed() {
        return Duration.ofNanos(clocks.nanoTime());
      }
    };
  }

  private Scheduler scheduler() {
    return new Scheduler() {
      @Override
      public boolean isConnected() {
        return SimAgent.this.isConnected();
      }

      @Override
      public void report(Report newer) {
        boolean news = report.isEmpty() || newer.isNewsAfter(report.get());
        report = Optional.of(newer);
        if (news) {
          wake();
        }
      }

      @Override
      public void requestEnd(Cause cause, String message, long policyGeneration) {
        var wanted = new Wish(cause, policyGeneration);
        boolean again = sentWish.filter(wanted::equals).isPresent();
        if (isConnected() && !(again && world.now() - sentWishAt < REPEAT_WISH)) {
          wish = Optional.of(wanted);
          wake();
        }
      }

      @Override
      public void withdrawEnd() {
        wish = Optional.empty();
        sentWish = Optional.empty();
      }
    };
  }

  private static AgentReport.Activity translated(Report.Activity activity) {
    return new AgentReport.Activity(
        activity.active(),
        activity.lastActive(),
        activity.stopTime(),
        activity.stopCause().map(cause -> EndReason.valueOf(cause.name())),
        activity.warned(),
        activity.explanation());
  }

  /** No browser is open. */
  private record Nobody() implements Clients {
    @Override
    public int connected() {
      return 0;
    }

    @Override
    public void announce(Notice notice) {}
  }
}
