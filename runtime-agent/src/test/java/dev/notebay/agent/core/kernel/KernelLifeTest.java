package dev.notebay.agent.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.agent.core.kernel.KernelLife.Dead;
import dev.notebay.agent.core.kernel.KernelLife.Ending;
import dev.notebay.agent.core.kernel.KernelLife.Event;
import dev.notebay.agent.core.kernel.KernelLife.Restarting;
import dev.notebay.agent.core.kernel.KernelLife.Running;
import dev.notebay.agent.core.kernel.KernelLife.Starting;
import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class KernelLifeTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final Event UP = new Event.Up();
  private static final Event ENDED = new Event.Ended("why");
  private static final Event NOT_STARTED = new Event.NotStarted("why");
  private static final Event RESTART = new Event.RestartAsked();
  private static final Event SHUTDOWN = new Event.ShutdownAsked();

  private static void expect(KernelLife before, Event event, KernelLife after) {
    assertThat(before.after(event, NOW)).as("%s, then %s", before, event).isEqualTo(after);
  }

  @Test
  void everyEventInEveryState() {
    KernelLife starting = new Starting(2, 1);
    expect(starting, UP, new Running(2, 1, NOW));
    expect(starting, ENDED, new Starting(3, 2));
    expect(starting, NOT_STARTED, new Dead(2, "why"));
    expect(starting, RESTART, new Restarting(2));
    expect(starting, SHUTDOWN, new Ending(2));

    KernelLife running = new Running(2, 1, NOW.minusSeconds(9));
    expect(running, UP, running);
    expect(running, ENDED, new Starting(3, 2));
    expect(running, NOT_STARTED, running);
    expect(running, RESTART, new Restarting(2));
    expect(running, SHUTDOWN, new Ending(2));

    KernelLife restarting = new Restarting(2);
    expect(restarting, UP, restarting);
    expect(restarting, ENDED, new Starting(3, 0));
    expect(restarting, NOT_STARTED, restarting);
    expect(restarting, RESTART, restarting);
    expect(restarting, SHUTDOWN, new Ending(2));

    KernelLife dead = new Dead(2, "before");
    expect(dead, UP, dead);
    expect(dead, ENDED, dead);
    expect(dead, NOT_STARTED, dead);
    expect(dead, RESTART, new Starting(3, 0));
    expect(dead, SHUTDOWN, new Ending(2));

    KernelLife ending = new Ending(2);
    for (Event event : List.of(UP, ENDED, NOT_STARTED, RESTART, SHUTDOWN)) {
      expect(ending, event, ending);
    }
  }

  @Test
  void fiveRestartsInARowAreEnough() {
    expect(new Running(7, 5, NOW.minusSeconds(9)), ENDED, new Dead(7, "why"));
    expect(new Starting(7, 5), ENDED, new Dead(7, "why"));
  }

  @Test
  void aStableKernelMayDieAgain() {
    expect(new Running(7, 5, NOW.minusSeconds(10)), ENDED, new Starting(8, 1));
  }

  @Test
  void generationsNeverGoBackAndEndingIsForGood() {
    SplittableRandom random = new SplittableRandom(1);
    List<Event> events = List.of(UP, ENDED, NOT_STARTED, RESTART, SHUTDOWN);
    for (int run = 0; run < 2000; run++) {
      KernelLife life = new Starting(1, 0);
      for (int step = 0; step < 30; step++) {
        KernelLife next = life.after(events.get(random.nextInt(events.size())), NOW);
        assertThat(next.generation()).isBetween(life.generation(), life.generation() + 1);
        if (life instanceof Ending) {
          assertThat(next).isEqualTo(life);
        }
        life = next;
      }
    }
  }
}
