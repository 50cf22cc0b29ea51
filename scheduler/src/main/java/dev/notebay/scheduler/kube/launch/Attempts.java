package dev.notebay.scheduler.kube.launch;

import dev.notebay.scheduler.core.SchedulerException;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/**
 * Work at the API server, done beside whoever asks for it: some at a time, each once at a time, and
 * what failed not again before a pause, which doubles with every failure of the same work. So one
 * session's trouble keeps no other waiting, and a cluster in trouble is not made busier.
 */
final class Attempts implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Attempts.class.getName());
  private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
  private static final int DOUBLINGS = 6;

  private final InstantSource clock;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final int atOnce;
  private final Semaphore permits;
  private final Map<String, State> states = new ConcurrentHashMap<>();

  /**
   * @param until not to be begun before; for ever while it is under way
   * @param again whether it was asked for while it was under way, and may have come too early
   */
  private record State(int failures, Instant until, boolean again) {}

  /**
   * @param atOnce how many may be under way, the others wait for one of them to end
   */
  Attempts(InstantSource clock, int atOnce) {
    this.clock = clock;
    this.atOnce = atOnce;
    this.permits = new Semaphore(atOnce);
  }

  /**
   * Begins the work, unless the same is resting; if it is under way, it is done once more.
   *
   * @param key names the work
   * @param rest how long not to do it again once it was done
   * @param work may throw what the client throws, to be done again later
   */
  void begin(String key, Duration rest, Runnable work) {
    Instant now = clock.instant();
    State next =
        states.compute(
            key,
            (_, known) -> {
              if (known == null) {
                return new State(0, Instant.MAX, false);
              }
              if (known.until().equals(Instant.MAX)) {
                return new State(known.failures(), Instant.MAX, true);
              }
              return now.isBefore(known.until())
                  ? known
                  : new State(known.failures(), Instant.MAX, false);
            });
    if (next.until().equals(Instant.MAX) && !next.again()) {
      threads.execute(() -> run(key, rest, work, next.failures()));
    }
  }

  private void run(String key, Duration rest, Runnable work, int failures) {
    Duration pause = LONGEST_PAUSE;
    int failed = failures + 1;
    try {
      permits.acquire();
      try {
        work.run();
        failed = 0;
        pause = rest;
      } finally {
        permits.release();
      }
    } catch (InterruptedException closing) {
      Thread.currentThread().interrupt();
    } catch (KubernetesClientException | SchedulerException refused) {
      pause = pause(key, failures);
      if (failures == 0) {
        LOG.log(
            System.Logger.Level.WARNING,
            "the cluster did not do it, will be tried again: " + key + ": " + refused.getMessage());
      }
    } catch (RuntimeException | Error failure) {
      LOG.log(System.Logger.Level.ERROR, "failed, will be tried again: " + key, failure);
    } finally {
      end(key, rest, work, failed, clock.instant().plus(pause));
    }
  }

  private void end(String key, Duration rest, Runnable work, int failed, Instant until) {
    var done = new State(failed, until, false);
    State known = states.put(key, done);
    boolean again = known != null && known.again() && failed == 0 && rest.isZero();
    if (again && states.replace(key, done, new State(0, Instant.MAX, false))) {
      run(key, rest, work, 0);
    }
  }

  /** Spread by the key, so that what failed together is not tried again together. */
  private static Duration pause(String key, int failures) {
    Duration whole = FIRST_PAUSE.multipliedBy(1L << Math.min(failures, DOUBLINGS));
    Duration bounded = whole.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : whole;
    long half = bounded.toMillis() / 2;
    return Duration.ofMillis(half + Math.floorMod(key.hashCode(), half + 1));
  }

  /** Whether it is under way now. */
  boolean isUnderWay(String key) {
    State state = states.get(key);
    return state != null && state.until().equals(Instant.MAX);
  }

  /** How much is under way, or waits for its turn. */
  int underWay() {
    return atOnce - permits.availablePermits() + permits.getQueueLength();
  }

  /** Whether it was done, and rests. */
  boolean rests(String key) {
    State state = states.get(key);
    return state != null && state.failures() == 0 && clock.instant().isBefore(state.until());
  }

  /** Forgets what has not been tried for long. */
  void prune() {
    Instant old = clock.instant().minus(LONGEST_PAUSE.multipliedBy(4));
    states.values().removeIf(state -> state.until().isBefore(old));
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
