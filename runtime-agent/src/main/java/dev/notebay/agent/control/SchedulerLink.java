package dev.notebay.agent.control;

import dev.notebay.agent.core.activity.AgentClock;
import dev.notebay.agent.core.activity.Cause;
import dev.notebay.agent.core.activity.Directives;
import dev.notebay.agent.core.activity.Report;
import dev.notebay.agent.core.activity.Scheduler;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * The link to the scheduler: dials, claims, says that the runtime is ready, and sends heartbeats;
 * when the link ends, dials again for as long as the runtime lives, with the kernels going on. A
 * refused claim is the only end that is final.
 */
public final class SchedulerLink implements Scheduler, AutoCloseable {
  private static final System.Logger LOG = System.getLogger(SchedulerLink.class.getName());
  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);

  /** A session that is to end waits for this, when its scheduler has been away. */
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

  private static final Duration REPEAT_END_REQUEST = Duration.ofSeconds(5);

  /** A wish to end that waits to be sent. */
  record Wish(Cause cause, String message, long policyGeneration) {}

  private final ManagedChannel channel;
  private final Identity identity;
  private final Supplier<String> bearer;
  private final AgentClock clock;
  private final Directives directives;
  private final RandomGenerator random;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final LongAdder heartbeats = new LongAdder();
  private final LongAdder dials = new LongAdder();
  private Optional<String> jupyterUri = Optional.empty();
  private Optional<Report> report = Optional.empty();
  private Optional<Wish> wish = Optional.empty();
  private Optional<Wish> sentWish = Optional.empty();
  private Duration sentAt = Duration.ZERO;
  private Optional<LinkStream> current = Optional.empty();

  /**
   * @param channel closed with the link
   * @param bearer what proves to the scheduler which runtime this is; asked for anew by every dial
   */
  public SchedulerLink(
      ManagedChannel channel,
      Identity identity,
      Supplier<String> bearer,
      AgentClock clock,
      Directives directives,
      RandomGenerator random) {
    this.channel = channel;
    this.identity = identity;
    this.bearer = bearer;
    this.clock = clock;
    this.directives = directives;
    this.random = random;
  }

  /** Begins to dial. */
  public void start() {
    Thread.ofVirtual().name("scheduler-link").start(this::run);
  }

  private void run() {
    int failures = 0;
    while (closed.getCount() > 0) {
      dials.increment();
      // The pauses are made here: gRPC's own grow to two minutes, and no dial would end them.
      channel.resetConnectBackoff();
      var stream = new LinkStream(this, directives);
      synchronized (this) {
        current = Optional.of(stream);
      }
      LinkStream.End end = stream.run(channel, identity, bearer);
      synchronized (this) {
        current = Optional.empty();
        wish = Optional.empty();
        sentWish = Optional.empty();
      }
      if (closed.getCount() == 0) {
        return;
      }
      switch (end) {
        case LinkStream.End.Refused(String message) -> {
          directives.refused(message);
          return;
        }
        case LinkStream.End.Lost(String why, boolean claimed) -> {
          failures = claimed ? 0 : failures + 1;
          if (failures < 2) {
            LOG.log(System.Logger.Level.INFO, "scheduler not reachable, going on alone: " + why);
          }
        }
      }
      pause(failures);
    }
  }

  private void pause(int failures) {
    long longest =
        Math.min(LONGEST_PAUSE.toMillis(), FIRST_PAUSE.toMillis() << Math.min(failures, 10));
    try {
      boolean ended =
          closed.await(longest / 2 + random.nextLong(longest / 2 + 1), TimeUnit.MILLISECONDS);
      if (ended) {
        LOG.log(System.Logger.Level.DEBUG, "link closed");
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      closed.countDown();
    }
  }

  /** The runtime's Jupyter server answers at this address. */
  public synchronized void ready(String uri) {
    jupyterUri = Optional.of(uri);
    current.ifPresent(LinkStream::wake);
  }

  @Override
  public synchronized boolean isConnected() {
    return current.map(LinkStream::isClaimed).orElse(false);
  }

  @Override
  public synchronized void report(Report newer) {
    boolean news = report.isEmpty() || newer.isNewsAfter(report.get());
    report = Optional.of(newer);
    if (news) {
      current.ifPresent(LinkStream::wake);
    }
  }

  @Override
  public synchronized void requestEnd(Cause cause, String message, long policyGeneration) {
    if (!isConnected()) {
      // A wish that waits for the link would be a stale one when it comes back.
      return;
    }
    boolean sent =
        sentWish
            .filter(known -> known.cause() == cause && known.policyGeneration() == policyGeneration)
            .isPresent();
    if (sent && clock.elapsed().minus(sentAt).compareTo(REPEAT_END_REQUEST) < 0) {
      return;
    }
    wish = Optional.of(new Wish(cause, message, policyGeneration));
    current.ifPresent(LinkStream::wake);
  }

  @Override
  public synchronized void withdrawEnd() {
    wish = Optional.empty();
    sentWish = Optional.empty();
  }

  synchronized Optional<String> jupyterUri() {
    return jupyterUri;
  }

  synchronized Optional<Report> report() {
    return report;
  }

  /** The wish to send now, if there is one; it then counts as sent. */
  synchronized Optional<Wish> takeWish() {
    Optional<Wish> taken = wish;
    if (taken.isPresent()) {
      sentWish = taken;
      sentAt = clock.elapsed();
      wish = Optional.empty();
    }
    return taken;
  }

  void heartbeatSent() {
    heartbeats.increment();
  }

  public long heartbeats() {
    return heartbeats.sum();
  }

  public long dials() {
    return dials.sum();
  }

  @Override
  public void close() {
    closed.countDown();
    Optional<LinkStream> open;
    synchronized (this) {
      open = current;
    }
    open.ifPresent(stream -> stream.end("closing"));
    channel.shutdownNow();
  }
}
