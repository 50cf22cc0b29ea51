package dev.notebay.scheduler.core.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.notebay.scheduler.core.session.Owner;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DecayedUsageTest {
  private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");
  private static final Duration HALF_LIFE = Duration.ofHours(6);
  private static final Owner ADA = new Owner("ada");

  @Test
  void halfOfWhatWasUsedIsForgottenInAHalfLife() {
    var usage = new DecayedUsage(HALF_LIFE);
    usage.add(new Use("a", ADA, 1000, START, START.plusSeconds(1)));

    double then = usage.of("a", START.plusSeconds(1));
    assertThat(then).isCloseTo(1000, within(0.1));
    assertThat(usage.of("a", START.plusSeconds(1).plus(HALF_LIFE)))
        .isCloseTo(then / 2, within(0.001));
  }

  @Test
  void whatGoesOnForEverComesToTheRateTimesHalfLifeOverTheLogarithmOfTwo() {
    var usage = new DecayedUsage(HALF_LIFE);
    usage.start("a", ADA, 2000, START);

    assertThat(usage.of("a", ADA, START.plus(HALF_LIFE.multipliedBy(60))))
        .isCloseTo(2000 * HALF_LIFE.toSeconds() / Math.log(2), within(1e-3));
  }

  @Test
  void theClosedFormIsWhatASumOverSmallStepsComesTo() {
    var usage = new DecayedUsage(HALF_LIFE);
    usage.add(new Use("a", ADA, 500, START, START.plusSeconds(40_000)));
    Instant now = START.plusSeconds(60_000);
    double sum = 0;
    for (int second = 0; second < 40_000; second++) {
      sum += 500 * Math.pow(2, -(60_000 - second - 0.5) / HALF_LIFE.toSeconds());
    }

    assertThat(usage.of("a", now)).isCloseTo(sum, within(sum * 1e-8));
  }

  @Test
  void itDoesNotMatterInWhichOrderUseIsToldNorWhetherItWasToldWhileItWentOn() {
    List<Use> uses = new ArrayList<>();
    var random = new Random(7);
    for (int i = 0; i < 300; i++) {
      Instant from = START.plusSeconds(random.nextInt(900_000));
      uses.add(
          new Use(
              "a",
              ADA,
              1 + random.nextInt(8000),
              from,
              from.plusMillis(random.nextInt(90_000_000))));
    }
    Instant now = START.plusSeconds(1_000_000);
    var told = new DecayedUsage(HALF_LIFE);
    uses.forEach(told::add);
    Collections.shuffle(uses, random);
    var toldAsItWent = new DecayedUsage(HALF_LIFE);
    uses.forEach(use -> toldAsItWent.start("a", ADA, use.milliDevices(), use.from()));
    Collections.shuffle(uses, random);
    uses.forEach(use -> toldAsItWent.stop("a", ADA, use.milliDevices(), use.from(), use.until()));

    assertThat(toldAsItWent.of("a", now)).isEqualTo(told.of("a", now)).isGreaterThan(0);
  }

  @Test
  void afterThousandsOfHalfLivesItStillCounts() {
    var usage = new DecayedUsage(Duration.ofMinutes(1));
    usage.add(new Use("a", ADA, 1000, START, START.plusSeconds(60)));
    Instant later = START.plus(Duration.ofDays(30));
    usage.add(new Use("a", ADA, 1000, later, later.plusSeconds(60)));
    var fresh = new DecayedUsage(Duration.ofMinutes(1));
    fresh.add(new Use("a", ADA, 1000, later, later.plusSeconds(60)));

    assertThat(usage.of("a", later.plusSeconds(90)))
        .isEqualTo(fresh.of("a", later.plusSeconds(90)))
        .isGreaterThan(0);
  }

  @Test
  void whatIsCancelledWasNeverUsed() {
    var usage = new DecayedUsage(HALF_LIFE);
    usage.start("a", ADA, 1000, START);
    usage.cancel("a", ADA, 1000, START);

    assertThat(usage.of("a", START.plusSeconds(60))).isZero();
  }
}
