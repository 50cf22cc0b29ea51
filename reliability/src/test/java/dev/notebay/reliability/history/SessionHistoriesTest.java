package dev.notebay.reliability.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.reliability.history.Verdict.Linearizable;
import dev.notebay.reliability.history.Verdict.Violation;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SessionHistoriesTest {
  private static final int CALLS = 500;
  private static final int HISTORIES =
      System.getProperty("reliability.scale", "short").equals("long") ? 1000 : 20;
  private static final long BUDGET = 1_000_000;

  @Test
  void whatTheRealRequestsAnswerIsLinearizable() {
    for (long seed = 1; seed <= HISTORIES; seed++) {
      assertThat(check(People.history(seed, CALLS)))
          .as("seed %d", seed)
          .isInstanceOf(Linearizable.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aSpoiltAnswerIsFound(Corruption corruption) {
    List<List<Operation<SessionCall, SessionAnswer>>> spoilt =
        LongStream.rangeClosed(1, HISTORIES)
            .mapToObj(
                seed -> corruption.spoil(People.history(seed, CALLS), new SplittableRandom(seed)))
            .flatMap(Optional::stream)
            .toList();

    assertThat(spoilt).hasSizeGreaterThan(HISTORIES / 2);
    assertThat(spoilt)
        .allSatisfy(history -> assertThat(check(history)).isInstanceOf(Violation.class));
  }

  private static Verdict<SessionCall, SessionAnswer> check(
      List<Operation<SessionCall, SessionAnswer>> history) {
    return Linearizability.check(new SessionSpecification(false), history, BUDGET);
  }
}
