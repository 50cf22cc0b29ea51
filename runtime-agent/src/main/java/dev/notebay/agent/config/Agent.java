package dev.notebay.agent.config;

import dev.notebay.agent.contents.SessionFiles;
import dev.notebay.agent.control.ClaimFile;
import dev.notebay.agent.control.SchedulerLink;
import dev.notebay.agent.core.activity.AgentClock;
import dev.notebay.agent.core.activity.Cause;
import dev.notebay.agent.core.activity.Directives;
import dev.notebay.agent.core.activity.Notice;
import dev.notebay.agent.core.activity.Policy;
import dev.notebay.agent.core.activity.Report;
import dev.notebay.agent.core.activity.Scheduler;
import dev.notebay.agent.core.activity.SessionEnd;
import dev.notebay.agent.core.activity.SessionWatch;
import dev.notebay.agent.core.activity.Terms;
import dev.notebay.agent.core.kernel.AgentException;
import dev.notebay.agent.core.kernel.KernelCounters;
import dev.notebay.agent.core.kernel.Kernels;
import dev.notebay.agent.core.kernel.Kernelspec;
import dev.notebay.agent.jupyter.JupyterServer;
import dev.notebay.agent.jupyter.JupyterSettings;
import dev.notebay.agent.jupyter.Rooms;
import dev.notebay.agent.jupyter.SessionView;
import dev.notebay.agent.jupyter.Traffic;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.dns.AddressResolverOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One agent: its parts, put together. */
final class Agent implements Directives, SessionEnd, SessionView, AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Agent.class.getName());
  private static final Duration LOOK_INTERVAL = Duration.ofMillis(250);
  private static final Duration LAST_WORDS = Duration.ofMillis(300);

  /** The kernels, and what else is known of them. */
  record KernelSide(
      Kernels kernels,
      Map<String, Kernelspec> specs,
      Supplier<KernelCounters> counters,
      Runnable close) {}

  private final AgentSettings settings;
  private final Path state;
  private final KernelSide kernelSide;
  private final AgentClock clock = new SystemClock();
  private final Vertx vertx;
  private final ClaimFile claimFile;
  private final Traffic traffic = new Traffic();
  private final Map<String, LongAdder> endRequests = new LinkedHashMap<>();
  private final Rooms rooms;
  private final SchedulerLink link;
  private final SessionWatch watch;
  private final LazyAuthenticator authenticator;
  private final JupyterServer server;
  private final IntConsumer exit;
  private final AtomicBoolean ending = new AtomicBoolean();
  private final AtomicInteger looksWanted = new AtomicInteger();
  private volatile Optional<String> owner = Optional.empty();
  private volatile Duration startTook = Duration.ZERO;
  private @Nullable AgentMetrics metrics;

  /**
   * @param state the agent's own directory
   * @param exit ends the process
   */
  Agent(AgentSettings settings, Path state, KernelSide kernelSide, IntConsumer exit) {
    this.settings = settings;
    this.state = state;
    this.kernelSide = kernelSide;
    this.exit = exit;
    this.claimFile = new ClaimFile(state.resolve("claim.json"), settings.identity());
    for (Cause cause : Cause.values()) {
      endRequests.put(cause.name().toLowerCase(java.util.Locale.ROOT), new LongAdder());
    }
    this.vertx =
        Vertx.vertx(
            new VertxOptions()
                .setEventLoopPoolSize(1)
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(1)
                .setBlockedThreadCheckInterval(TimeUnit.HOURS.toMillis(1))
                .setAddressResolverOptions(new AddressResolverOptions())
                .setFileSystemOptions(
                    new FileSystemOptions()
                        .setFileCachingEnabled(false)
                        .setClassPathResolvingEnabled(false)));
    var random = new SplittableRandom();
    this.rooms = new Rooms(kernelSide.kernels(), clock);
    this.link =
        new SchedulerLink(
            channel(), settings.identity(), settings.bearer(), clock, this, random.split());
    this.watch =
        new SessionWatch(kernelSide.kernels(), clock, new CountingScheduler(), rooms, this);
    this.authenticator = new LazyAuthenticator(settings.jwtIssuer(), settings.jwtKeys());
    this.server =
        new JupyterServer(
            vertx,
            new JupyterSettings(settings.httpHost(), settings.httpPort(), settings.kernelName()),
            this,
            authenticator,
            kernelSide.kernels(),
            kernelSide.specs(),
            new SessionFiles(
                settings.content(),
                settings
                    .volume()
                    .map(directory -> new SessionFiles.Volume(settings.volumeMount(), directory)),
                random.split()),
            rooms,
            traffic,
            clock);
  }

  private ManagedChannel channel() {
    return NettyChannelBuilder.forTarget(settings.scheduler())
        .usePlaintext()
        .eventLoopGroup(vertx.nettyEventLoopGroup())
        .channelType(NioSocketChannel.class)
        .directExecutor()
        .keepAliveTime(10, TimeUnit.SECONDS)
        .keepAliveTimeout(10, TimeUnit.SECONDS)
        .maxInboundMessageSize(1 << 20)
        .build();
  }

  /** Serves; returns the port. The link is dialled at the same time. */
  int start() {
    claimFile.read().ifPresent(granted -> granted(granted.owner(), granted.policy()));
    link.start();
    int port = server.start();
    link.ready("http://" + settings.announcedHost() + ":" + port);
    startTook = ProcessAge.now();
    Thread.ofPlatform().name("warm-up").daemon().start(authenticator::warmUp);
    kernelSide.kernels().onChange(this::lookSoon);
    vertx.setPeriodic(
        LOOK_INTERVAL.toMillis(),
        _ -> {
          watch.keepLifetime();
          lookSoon();
        });
    return port;
  }

  /** Looks on a thread of its own; one that is looking already looks once more. */
  private void lookSoon() {
    if (looksWanted.getAndIncrement() == 0) {
      Thread.ofVirtual().name("look").start(this::look);
    }
  }

  private void look() {
    int wanted;
    do {
      wanted = looksWanted.get();
      try {
        watch.runOnce();
      } catch (RuntimeException failure) {
        LOG.log(System.Logger.Level.ERROR, "look failed", failure);
      }
    } while (!looksWanted.compareAndSet(wanted, 0));
  }

  /** Code in the session has asked for its end. */
  void unassign() {
    watch.unassign();
    lookSoon();
  }

  /** Tells everybody who is connected. */
  void announce(Notice notice) {
    rooms.announce(notice);
  }

  private void granted(String newOwner, Policy policy) {
    watch.follow(policy);
    owner = Optional.of(newOwner);
    lookSoon();
  }

  /** Keeps the grant for an agent that is started again; this one does not depend on it. */
  private void keep(String known, Policy policy) {
    try {
      claimFile.write(new ClaimFile.Granted(known, policy));
    } catch (UncheckedIOException full) {
      LOG.log(
          System.Logger.Level.WARNING,
          "the claim is not kept until the next policy comes: " + full.getCause());
    }
  }

  @Override
  public void claimed(String newOwner, Terms terms) {
    Policy policy = terms.heardAt(clock.elapsed());
    granted(newOwner, policy);
    keep(newOwner, policy);
  }

  @Override
  public void changed(Terms terms) {
    Policy policy = terms.heardAt(clock.elapsed());
    watch.follow(policy);
    lookSoon();
    owner.ifPresent(known -> keep(known, policy));
  }

  @Override
  public void stop(String reason, String message, Duration grace) {
    end(reason, message, grace);
  }

  @Override
  public void refused(String message) {
    end("CLAIM_REFUSED", message, Duration.ZERO);
  }

  @Override
  public Optional<String> owner() {
    return owner;
  }

  @Override
  public Instant lastActive() {
    return watch.lastActive();
  }

  @Override
  public void requested() {
    watch.requested();
  }

  @Override
  public synchronized String metrics() {
    if (metrics == null) {
      metrics =
          new AgentMetrics(
              kernelSide.kernels(),
              kernelSide.counters(),
              rooms,
              traffic,
              link,
              endRequests,
              startTook);
    }
    return metrics.scrape();
  }

  @Override
  public void end(String reason, String message, Duration grace) {
    if (ending.compareAndSet(false, true)) {
      LOG.log(System.Logger.Level.INFO, "session ends reason=" + reason);
      Thread.ofPlatform().name("end").start(() -> endNow(reason, message, grace));
    }
  }

  private void endNow(String reason, String message, Duration grace) {
    rooms.announce(new Notice.Ends(reason, message));
    try {
      shutDownKernels(grace);
      // What was said last is still on its way to clients.
      vertx.setTimer(LAST_WORDS.toMillis(), _ -> finish(reason, message));
    } catch (RuntimeException failure) {
      LOG.log(System.Logger.Level.WARNING, "kernels did not end by themselves", failure);
      finish(reason, message);
    }
  }

  private void shutDownKernels(Duration grace) {
    Thread ender = Thread.ofVirtual().start(() -> shutDownAll(grace));
    try {
      // Kernels that cannot even be listed end with their sandbox.
      if (!ender.join(grace.plusSeconds(2))) {
        LOG.log(System.Logger.Level.WARNING, "kernels did not end in time");
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void shutDownAll(Duration grace) {
    List<Thread> enders =
        kernelSide.kernels().list().stream()
            .map(
                kernel ->
                    Thread.ofVirtual()
                        .start(
                            () -> {
                              try {
                                kernelSide.kernels().shutdown(kernel.id(), grace);
                              } catch (AgentException gone) {
                                LOG.log(
                                    System.Logger.Level.DEBUG,
                                    "kernel was gone: " + gone.getMessage());
                              }
                            }))
            .toList();
    try {
      for (Thread ender : enders) {
        ender.join();
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void finish(String reason, String message) {
    rooms.closeAll("the session has ended: " + reason);
    Thread.ofPlatform()
        .name("exit")
        .start(
            () -> {
              int status = 0;
              try {
                close();
                var json = new JsonObject().put("reason", reason).put("message", message);
                Path fresh = state.resolve("end.json.new");
                Files.writeString(fresh, json.encode() + "\n");
                Files.move(
                    fresh, state.resolve("end.json"), java.nio.file.StandardCopyOption.ATOMIC_MOVE);
              } catch (IOException | RuntimeException failure) {
                LOG.log(System.Logger.Level.ERROR, "cannot say why the session ended", failure);
                status = 1;
              }
              exit.accept(status);
            });
  }

  @Override
  public void close() {
    server.close();
    link.close();
    kernelSide.close().run();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  /** The link, with the wishes to end counted once per change of mind. */
  private final class CountingScheduler implements Scheduler {
    private Optional<Cause> wished = Optional.empty();

    @Override
    public boolean isConnected() {
      return link.isConnected();
    }

    @Override
    public void report(Report report) {
      link.report(report);
      if (report.activity().isPresent() && !report.activity().get().warned()) {
        wished = Optional.empty();
      }
    }

    @Override
    public void requestEnd(Cause cause, String message, long policyGeneration) {
      if (wished.isEmpty() || wished.get() != cause) {
        wished = Optional.of(cause);
        LongAdder adder = endRequests.get(cause.name().toLowerCase(java.util.Locale.ROOT));
        if (adder != null) {
          adder.increment();
        }
      }
      link.requestEnd(cause, message, policyGeneration);
    }

    @Override
    public void withdrawEnd() {
      link.withdrawEnd();
    }
  }
}
