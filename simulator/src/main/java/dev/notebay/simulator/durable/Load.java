package dev.notebay.simulator.durable;

import dev.notebay.proto.session.v1.Accelerator;
import dev.notebay.proto.session.v1.Compute;
import dev.notebay.proto.session.v1.CreateSessionRequest;
import dev.notebay.proto.session.v1.Session;
import dev.notebay.proto.session.v1.SessionServiceGrpc.SessionServiceBlockingStub;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * People who create sessions over gRPC, each session known by its number, which is its display
 * name; from the call to the commit of its placement is its latency.
 */
final class Load {
  /**
   * So many sessions a person makes with one token, as an hour's notebooks of a class or an
   * experiment: a token is looked at thoroughly only when it is new.
   */
  static final int EACH = 32;

  private static final Compute SMALL =
      Compute.newBuilder().setCpuMilli(100).setMemoryBytes(128L << 20).build();
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final List<SessionServiceBlockingStub> people;
  private final AtomicInteger numbers = new AtomicInteger();
  private final AtomicLongArray asked;
  private final AtomicLongArray placed;
  private final AtomicInteger placements = new AtomicInteger();

  /**
   * @param most sessions that can be made in all
   */
  Load(int most) {
    this.asked = new AtomicLongArray(most);
    this.placed = new AtomicLongArray(most);
    this.people = new ArrayList<>();
  }

  void use(Installation installation) {
    IntStream.range(0, asked.length() / EACH + 1)
        .mapToObj(installation::client)
        .forEach(people::add);
  }

  /** To be told of every commit. */
  void committed(dev.notebay.scheduler.core.session.Session session) {
    if (session.state() instanceof Starting(_, var claimedBy) && claimedBy.isEmpty()) {
      reached(Integer.parseInt(session.spec().displayName()));
    }
  }

  /** The session of that number is where it was to come to. */
  void reached(int number) {
    if (placed.compareAndSet(number, 0, System.nanoTime())) {
      placements.incrementAndGet();
    }
  }

  int placements() {
    return placements.get();
  }

  int asked() {
    return numbers.get();
  }

  /**
   * As many at a time as there are callers, each the next as soon as it has its answer, and as many
   * in a row for one person as a person may have.
   */
  void asFastAsPossible(int callers, Duration time, Accelerator accelerator)
      throws InterruptedException {
    long end = System.nanoTime() + time.toNanos();
    together(callers, () -> System.nanoTime() < end, accelerator);
  }

  /** So many in all, as many at a time as there are callers. */
  void inAll(int callers, int sessions, Accelerator accelerator) throws InterruptedException {
    var left = new AtomicInteger(sessions);
    together(callers, () -> left.getAndDecrement() > 0, accelerator);
  }

  private void together(int callers, BooleanSupplier more, Accelerator accelerator)
      throws InterruptedException {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> calls = new ArrayList<>();
      for (int i = 0; i < callers; i++) {
        calls.add(
            threads.submit(
                () -> {
                  int first = numbers.getAndAdd(EACH);
                  for (int made = 0; more.getAsBoolean(); made++) {
                    if (made == EACH) {
                      first = numbers.getAndAdd(EACH);
                      made = 0;
                    }
                    create(first + made, accelerator);
                  }
                }));
      }
      await(calls);
    }
  }

  /** So many a second, whether or not the others have been answered. */
  void atRate(double perSecond, Duration time, Accelerator accelerator)
      throws InterruptedException {
    long began = System.nanoTime();
    long wanted = (long) (perSecond * time.toMillis() / 1000);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> calls = new ArrayList<>();
      for (long i = 0; i < wanted; i++) {
        long due = began + (long) (i * 1e9 / perSecond);
        for (long early = due - System.nanoTime(); early > 0; early = due - System.nanoTime()) {
          LockSupport.parkNanos(early);
        }
        int number = numbers.getAndIncrement();
        // From when it should have been asked: a load that falls behind is not kind to itself.
        asked.set(number, due);
        calls.add(threads.submit(() -> create(number, accelerator)));
      }
      await(calls);
    }
  }

  private static void await(List<Future<?>> calls) throws InterruptedException {
    for (Future<?> call : calls) {
      try {
        call.get();
      } catch (ExecutionException refused) {
        throw new IllegalStateException("a session was refused", refused.getCause());
      }
    }
  }

  private void create(int number, Accelerator accelerator) {
    asked.compareAndSet(number, 0, System.nanoTime());
    people
        .get(number / EACH)
        .createSession(
            CreateSessionRequest.newBuilder()
                .setRequestId(UUID.randomUUID().toString())
                .setSession(
                    Session.newBuilder()
                        .setDisplayName(Integer.toString(number))
                        .setAccelerator(accelerator)
                        .setCompute(SMALL))
                .build());
  }

  /** Waits until all that were asked for from {@code first} on are placed. */
  void awaitPlaced(int first) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    for (int number = first; number < numbers.get(); number++) {
      while (asked.get(number) > 0 && placed.get(number) == 0) {
        if (System.nanoTime() > deadline) {
          throw new IllegalStateException("session " + number + " is not placed");
        }
        LockSupport.parkNanos(1_000_000);
      }
    }
  }

  /** From call to commit, of the sessions from {@code first} on that are placed. */
  Latencies since(int first) {
    return new Latencies(
        IntStream.range(first, numbers.get())
            .filter(number -> placed.get(number) > 0)
            .mapToLong(number -> placed.get(number) - asked.get(number))
            .toArray());
  }
}
