package dev.notebay.scheduler.core.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.scheduler.core.SchedulerException.StoreUnavailable;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class SharedClockTest {
  private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

  /** Where it begins must not matter, nor that it wraps around. */
  private long nanos = Long.MAX_VALUE - 5;

  private final SharedClock clock = new SharedClock(() -> nanos);

  private void pass(Duration time) {
    nanos += time.toNanos();
  }

  @Test
  void tellsNoTimeBeforeTheStoresIsKnown() {
    assertThatThrownBy(clock::instant).isInstanceOf(StoreUnavailable.class);
  }

  @Test
  void isTheStoresTimeCarriedOn() {
    clock.follow(() -> NOON.plusSeconds(100));

    assertThat(clock.instant()).isEqualTo(NOON.plusSeconds(100));
    pass(Duration.ofMinutes(3));
    assertThat(clock.instant()).isEqualTo(NOON.plusSeconds(280));
  }

  @Test
  void takesWhatItReadForTheMiddleOfTheReading() {
    clock.follow(
        () -> {
          pass(Duration.ofMillis(800));
          return NOON;
        });

    assertThat(clock.instant()).isEqualTo(NOON.plusMillis(400));
  }

  @Test
  void isOffByHalfTheReadingAtMostWheneverTheStoreLooked() {
    for (int late = 0; late <= 1000; late += 100) {
      int before = late;
      Instant[] truth = {NOON};
      clock.follow(
          () -> {
            pass(Duration.ofMillis(before));
            truth[0] = NOON.plusMillis(before);
            pass(Duration.ofMillis(1000 - before));
            return truth[0];
          });

      assertThat(Duration.between(clock.instant(), NOON.plusMillis(1000)).abs())
          .isLessThanOrEqualTo(Duration.ofMillis(500));
    }
  }

  @Test
  void followsTheStoreAlsoBackwards() {
    clock.follow(() -> NOON.plusSeconds(100));
    clock.follow(() -> NOON);

    assertThat(clock.instant()).isEqualTo(NOON);
  }

  @Test
  void runsOnWhenTheStoreDoesNotAnswer() {
    clock.follow(() -> NOON);
    assertThatThrownBy(
            () ->
                clock.follow(
                    () -> {
                      throw new StoreUnavailable("no answer", new IllegalStateException());
                    }))
        .isInstanceOf(StoreUnavailable.class);
    pass(Duration.ofHours(1));

    assertThat(clock.instant()).isEqualTo(NOON.plus(Duration.ofHours(1)));
  }
}
