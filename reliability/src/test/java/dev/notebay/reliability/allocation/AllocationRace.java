package dev.notebay.reliability.allocation;

import dev.notebay.scheduler.core.SchedulerException.StoreUnavailable;
import dev.notebay.scheduler.core.leader.Epoch;
import dev.notebay.scheduler.core.leader.LeaderLease;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionEvent.Placed;
import dev.notebay.scheduler.core.session.SessionEvent.RuntimeGone;
import dev.notebay.scheduler.core.session.SessionEvent.StopAsked;
import dev.notebay.scheduler.core.session.SessionEvent.VolumeBusy;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionSpec;
import dev.notebay.scheduler.core.session.SessionStore;
import dev.notebay.scheduler.core.session.SessionStore.Replacement;
import dev.notebay.scheduler.core.session.Sessions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Threads that place sessions on devices at random, fewer than are wanted, or on a share of one,
 * and free them again. Two of them write as leaders do, with the present epoch, and now and then
 * begin a new reign under each other; the rest writes without. Every change of a session is one
 * that {@link Session#on} makes.
 */
final class AllocationRace {
  static final String NODE = "node";

  private static final int THREADS = 16;
  private static final int LEADERS = 2;
  private static final int DEVICES = 40;

  /** One in so many placements of a leader begins a new reign before. */
  private static final int REIGN = 50;

  /** One in so many sessions lives to its end; the others go back into the queue. */
  private static final int WHOLE_LIFE = 8;

  private final SessionStore store;
  private final LeaderLease lease;
  private final long wanted;
  private final Witness witness = new Witness();
  private final AtomicLong allocations = new AtomicLong();
  private final AtomicLong booked = new AtomicLong();
  private final AtomicLong taken = new AtomicLong();
  private final AtomicLong fenced = new AtomicLong();
  private final AtomicLong unavailable = new AtomicLong();
  private final AtomicReference<Epoch> reign;

  /**
   * @param wanted how many allocations to make
   */
  AllocationRace(SessionStore store, LeaderLease lease, long wanted) {
    this.store = store;
    this.lease = lease;
    this.wanted = wanted;
    this.reign = new AtomicReference<>(acquire());
  }

  /**
   * What came of it.
   *
   * @param allocations placements that were written
   * @param booked devices in them
   * @param taken placements that were refused because a device was another's
   * @param fenced writes that were refused because their reign was over
   * @param unavailable calls that the database did not answer in time
   * @param doubles devices that were given beyond what they are, as the {@link Witness} saw it
   */
  record Outcome(
      long allocations,
      long booked,
      long taken,
      long fenced,
      long unavailable,
      long doubles,
      Duration took) {
    double perSecond() {
      return allocations * 1e9 / took.toNanos();
    }
  }

  Outcome run(long seed) throws InterruptedException {
    long began = System.nanoTime();
    var seeds = new SplittableRandom(seed);
    try (var threads = Executors.newFixedThreadPool(THREADS)) {
      List<Future<?>> runs = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        SplittableRandom random = seeds.split();
        boolean leads = i < LEADERS;
        runs.add(threads.submit(() -> allocateAndFree(random, leads)));
      }
      for (Future<?> run : runs) {
        run.get();
      }
    } catch (ExecutionException failed) {
      throw new AssertionError("a thread failed, seed " + seed, failed.getCause());
    }
    return new Outcome(
        allocations.get(),
        booked.get(),
        taken.get(),
        fenced.get(),
        unavailable.get(),
        witness.doubles(),
        Duration.ofNanos(System.nanoTime() - began));
  }

  private void allocateAndFree(SplittableRandom random, boolean leads) {
    Session session = insert(random);
    while (allocations.get() < wanted) {
      if (leads && random.nextInt(REIGN) == 0) {
        reign.accumulateAndGet(acquire(), (a, b) -> a.compareTo(b) > 0 ? a : b);
      }
      int milli = session.spec().accelerator().milli();
      List<String> devices = devices(random, milli);
      Session placed =
          session
              .on(new Placed(new Assignment(NODE, "nvidia-t4", devices, Sessions.NOON)))
              .orElseThrow();
      if (write(placed, leads) == Replacement.DEVICE_TAKEN) {
        taken.incrementAndGet();
        continue;
      }
      witness.has(milli, devices);
      allocations.incrementAndGet();
      booked.addAndGet(devices.size());
      session = free(placed, devices, random, leads);
    }
  }

  /** Back into the queue, or to its end and another in its place. */
  private Session free(
      Session placed, List<String> devices, SplittableRandom random, boolean leads) {
    Instant at = Sessions.NOON;
    Session present = placed;
    boolean ends = random.nextInt(WHOLE_LIFE) == 0;
    if (ends) {
      present = present.on(new StopAsked(EndReason.USER_REQUEST, "", at)).orElseThrow();
      write(present, leads);
    }
    Session free =
        present
            .on(
                ends
                    ? new RuntimeGone(EndReason.USER_REQUEST, "", at)
                    : new VolumeBusy("in use", at, at))
            .orElseThrow();
    witness.gives(free.spec().accelerator().milli(), devices);
    write(free, leads);
    return ends ? insert(random) : free;
  }

  /** Written, or refused because a device is another's; nobody else writes this session. */
  private Replacement write(Session next, boolean leads) {
    while (true) {
      Replacement result = leads ? replace(next, reign.get()) : replace(next);
      switch (result) {
        case REPLACED, DEVICE_TAKEN -> {
          return result;
        }
        case FENCED -> fenced.incrementAndGet();
        case CHANGED -> throw new AssertionError("somebody else has written " + next);
      }
    }
  }

  private Replacement replace(Session next, Epoch epoch) {
    try {
      return store.replace(next, epoch);
    } catch (StoreUnavailable unknown) {
      unavailable.incrementAndGet();
      return isWritten(next) ? Replacement.REPLACED : replace(next);
    }
  }

  private Replacement replace(Session next) {
    while (true) {
      try {
        return store.replace(next);
      } catch (StoreUnavailable unknown) {
        unavailable.incrementAndGet();
        if (isWritten(next)) {
          return Replacement.REPLACED;
        }
      }
    }
  }

  private boolean isWritten(Session next) {
    return store.find(next.id()).orElseThrow().version() == next.version();
  }

  private Session insert(SplittableRandom random) {
    var id = new SessionId(new UUID(random.nextLong(), random.nextLong()));
    Session session = Session.queued(id, new Owner("owner-" + id), spec(random), Sessions.NOON);
    store.insert(session, Sessions.key(), Integer.MAX_VALUE);
    return session;
  }

  private Epoch acquire() {
    while (true) {
      try {
        return lease.acquire("replica", Duration.ofHours(1)).orElseThrow();
      } catch (StoreUnavailable busy) {
        // A new reign waits for the writers of the old one, and gives up when there is always one.
        unavailable.incrementAndGet();
      }
    }
  }

  private static SessionSpec spec(SplittableRandom random) {
    SessionSpec usual = Sessions.specWithoutVolume();
    int milli = random.nextBoolean() ? Accelerator.WHOLE : random.nextInt(1, Accelerator.WHOLE);
    return new SessionSpec(
        usual.displayName(),
        new Accelerator(List.of("nvidia-t4"), 1, milli, 0),
        usual.compute(),
        usual.volume(),
        usual.policy());
  }

  /** A share is of one; of the others some take two, whatever they asked for. */
  private static List<String> devices(SplittableRandom random, int milli) {
    int first = random.nextInt(DEVICES);
    return milli < Accelerator.WHOLE || random.nextBoolean()
        ? List.of("gpu-" + first)
        : List.of("gpu-" + first, "gpu-" + (first + 1) % DEVICES);
  }
}
