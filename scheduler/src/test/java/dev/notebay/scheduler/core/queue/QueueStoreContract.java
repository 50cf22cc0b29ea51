package dev.notebay.scheduler.core.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.queue.QueueStore.Stored;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What every store of queues keeps. */
public abstract class QueueStoreContract {
  private static final QueueSpec RESEARCH =
      QueueSpec.named(
              "research",
              Quota.devices("nvidia-t4", 8).borrowing(2).lending(0),
              Quota.devices("nvidia-a100", 4))
          .in("campus")
          .weighing(2.5)
          .ending(
              Reclaim.ANY, Preemption.LOWER_PRIORITY, Duration.ofMinutes(7), Duration.ofNanos(1))
          .limiting(
              new UserLimits(
                  OptionalInt.of(3),
                  OptionalLong.of(500),
                  Optional.of(new UserLimits.Budget(3600, Duration.ofDays(7)))));

  protected abstract QueueStore store();

  private Stored replaced(long version, QueueSpec... queues) {
    return store().replace(Queues.of(List.of(queues)), version).orElseThrow();
  }

  @Test
  void hasTheBuiltInQueueAtFirst() {
    assertThat(store().read()).isEqualTo(new Stored(Queues.builtIn(), 0));
    assertThat(store().version()).isZero();
  }

  @Test
  void keepsQueuesWithAllTheirFields() {
    Stored stored = replaced(0, RESEARCH, QueueSpec.named("teaching"));

    assertThat(stored.version()).isEqualTo(1);
    assertThat(store().read()).isEqualTo(stored);
    assertThat(store().version()).isEqualTo(1);
    assertThat(store().read().queues().find("research")).contains(RESEARCH);
    assertThat(store().read().queues().find("default")).isPresent();
  }

  @Test
  void puttingWhatIsThereChangesNothing() {
    Stored stored = replaced(0, RESEARCH);

    assertThat(replaced(1, RESEARCH)).isEqualTo(stored);
    assertThat(store().version()).isEqualTo(1);
  }

  @Test
  void refusesAWriterThatHasSeenAnotherVersion() {
    Stored stored = replaced(0, RESEARCH);

    assertThat(store().replace(Queues.builtIn(), 0)).isEmpty();
    assertThat(store().replace(Queues.builtIn(), 2)).isEmpty();
    assertThat(store().read()).isEqualTo(stored);
  }

  @Test
  void removesQueuesThatAreNotStatedAnyMore() {
    replaced(0, RESEARCH, QueueSpec.named("teaching"));

    replaced(1, QueueSpec.named("teaching"));

    assertThat(store().read().queues().all())
        .extracting(QueueSpec::name)
        .containsExactly("default", "teaching");
    assertThat(store().read().version()).isEqualTo(2);
  }

  @Test
  void ofWritersOfOneVersionExactlyOneWrites() throws Exception {
    int writers = 8;
    var begin = new CyclicBarrier(writers);
    var written = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    for (int writer = 0; writer < writers; writer++) {
      Queues next = Queues.of(List.of(QueueSpec.named("queue-" + writer)));
      threads.add(
          Thread.startVirtualThread(
              () -> {
                try {
                  begin.await();
                } catch (Exception broken) {
                  throw new AssertionError(broken);
                }
                store().replace(next, 0).ifPresent(_ -> written.incrementAndGet());
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(written).hasValue(1);
    assertThat(store().version()).isEqualTo(1);
    assertThat(store().read().queues().all()).hasSize(2);
  }

  /** Histories from a printed seed: what is read is what was written last. */
  @Test
  void readsWhatWasWrittenLastInAnyHistory() {
    var seed = 20_261_122L;
    var random = new SplittableRandom(seed);
    Stored expected = store().read();
    for (int step = 0; step < 60; step++) {
      Queues next = anyQueues(random);
      long version = expected.version() - (random.nextInt(4) == 0 ? 1 : 0);
      Optional<Stored> answer = store().replace(next, version);
      if (version == expected.version()) {
        boolean same = next.equals(expected.queues());
        expected = new Stored(next, version + (same ? 0 : 1));
        assertThat(answer).as("seed %s step %s", seed, step).contains(expected);
      } else {
        assertThat(answer).as("seed %s step %s", seed, step).isEmpty();
      }
      assertThat(store().read()).as("seed %s step %s", seed, step).isEqualTo(expected);
    }
  }

  private static Queues anyQueues(SplittableRandom random) {
    List<QueueSpec> queues = new ArrayList<>();
    for (int queue = 0; queue < 3; queue++) {
      if (random.nextBoolean()) {
        QueueSpec spec =
            QueueSpec.named("queue-" + queue, Quota.devices("nvidia-t4", random.nextInt(3)));
        queues.add(random.nextBoolean() ? spec.in("campus") : spec.weighing(1 + queue));
      }
    }
    return Queues.of(queues);
  }
}
