package dev.notebay.reliability.processes;

import dev.notebay.agent.control.Identity;
import dev.notebay.agent.control.SchedulerLink;
import dev.notebay.agent.core.activity.AgentClock;
import dev.notebay.agent.core.activity.Cause;
import dev.notebay.agent.core.activity.Directives;
import dev.notebay.agent.core.activity.Report;
import dev.notebay.agent.core.activity.Terms;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.session.SessionId;
import io.grpc.netty.NettyChannelBuilder;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The agents of all stand-in runtimes of an installation. Each keeps its own link to the scheduler
 * by the agent's own {@link SchedulerLink}; what is left out is everything to do with kernels.
 *
 * <p>What it tells its {@link Witness} is the ground truth: a runtime uses its devices and volume
 * from the grant of its claim until its process has ended.
 */
final class StandInAgents implements AutoCloseable {
  /** Kept, so that its level stays: that a scheduler is away is no news here. */
  private static final Logger LINKS = Logger.getLogger(SchedulerLink.class.getName());

  static {
    LINKS.setLevel(Level.WARNING);
  }

  private static final Pattern UID = Pattern.compile("\"runtime_uid\"\\s*:\\s*\"([^\"]+)\"");

  /** One runtime in so many asks for its own end, as code in a session may. */
  private static final int ASKS_FOR_END = 5;

  private final ServerSocketChannel server;
  private final Witness witness;
  private final SplittableRandom random;
  private volatile boolean deaf;
  private final Map<RuntimeName, Agent> agents = new ConcurrentHashMap<>();

  StandInAgents(Installation installation, Witness witness, long seed) throws IOException {
    this.witness = witness;
    this.random = new SplittableRandom(seed);
    this.server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(installation.home().resolve("agents.sock")));
    Thread.ofVirtual().name("stand-in-agents").start(this::accept);
  }

  private void accept() {
    try {
      while (server.isOpen()) {
        SocketChannel runtime = server.accept();
        SplittableRandom own = random.split();
        Thread.ofVirtual().name("stand-in-agent").start(() -> serve(runtime, own));
      }
    } catch (ClosedChannelException closed) {
      return;
    } catch (IOException failure) {
      witness.violated("the harness cannot serve its runtimes: " + failure);
    }
  }

  private void serve(SocketChannel runtime, SplittableRandom own) {
    try (runtime) {
      var lines = new BufferedReader(Channels.newReader(runtime, StandardCharsets.UTF_8));
      String hello = lines.readLine();
      if (hello == null) {
        return;
      }
      String[] words = hello.split("\\|", 6);
      Matcher uid = UID.matcher(words[5]);
      if (!uid.find()) {
        throw new IOException("no runtime_uid: " + hello);
      }
      var identity =
          new Identity(UUID.fromString(words[0]), Integer.parseInt(words[1]), uid.group(1));
      var agent = new Agent(identity, words[2], words[3], words[4], runtime, own);
      agents.put(agent.name, agent);
      try {
        agent.link.start();
        agent.link.ready("http://127.0.0.1:1/");
        // Says nothing more; the end of the stream is the end of the process.
        String said = lines.readLine();
        if (said != null) {
          throw new IOException("unexpected: " + said);
        }
      } finally {
        agents.remove(agent.name, agent);
        agent.link.close();
        witness.released(agent.name, identity.runtimeUid());
      }
    } catch (ClosedChannelException | SocketException ended) {
      // Killed before it had read its order, or all of this ends.
      return;
    } catch (IOException failure) {
      witness.violated("the harness has lost a runtime: " + failure);
    }
  }

  /** Whether agents do as if they were not told to end. */
  void deafen(boolean now) {
    deaf = now;
  }

  /** Runtimes that have a process now. */
  List<RuntimeName> running() {
    return List.copyOf(agents.keySet());
  }

  /** What an agent would do. */
  private final class Agent implements Directives {
    private final RuntimeName name;
    private final Identity identity;
    private final String volume;
    private final SocketChannel process;
    private final SchedulerLink link;
    private final boolean asksForEnd;

    Agent(
        Identity identity,
        String secret,
        String scheduler,
        String volume,
        SocketChannel process,
        SplittableRandom own) {
      this.identity = identity;
      this.name = new RuntimeName(new SessionId(identity.session()), identity.attempt());
      this.volume = volume;
      this.process = process;
      this.asksForEnd = own.nextInt(ASKS_FOR_END) == 0;
      this.link =
          new SchedulerLink(
              NettyChannelBuilder.forTarget(scheduler)
                  .usePlaintext()
                  .keepAliveTime(10, TimeUnit.SECONDS)
                  .keepAliveTimeout(10, TimeUnit.SECONDS)
                  .build(),
              identity,
              () -> identity.session() + "." + identity.attempt() + "." + secret,
              new RealClock(),
              this,
              own.split());
      link.report(new Report(Optional.empty(), List.of(), 0));
    }

    @Override
    public void claimed(String owner, Terms terms) {
      witness.taken(name, identity.runtimeUid(), volume);
      changed(terms);
    }

    @Override
    public void changed(Terms terms) {
      if (asksForEnd) {
        Thread.ofVirtual()
            .start(
                () -> link.requestEnd(Cause.USER_REQUEST, "asked for in it", terms.generation()));
      }
    }

    @Override
    public void stop(String reason, String message, Duration grace) {
      if (!deaf) {
        exit();
      }
    }

    @Override
    public void refused(String message) {
      exit();
    }

    private void exit() {
      try {
        process.write(
            ByteBuffer.wrap((StandInRuntime.EXIT + "\n").getBytes(StandardCharsets.UTF_8)));
      } catch (IOException gone) {
        // Its end is seen where it is listened to.
        return;
      }
    }
  }

  private record RealClock() implements AgentClock {
    @Override
    public Instant now() {
      return Instant.now();
    }

    @Override
    public Duration elapsed() {
      return Duration.ofNanos(System.nanoTime());
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    agents.values().forEach(agent -> agent.link.close());
  }
}
