package dev.notebay.agent.jupyter;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ByteBudgetTest {
  private final ByteBudget budget = new ByteBudget();
  private final int all = budget.free();

  @Test
  void givesOneLargestMessageAllThereIs() throws Exception {
    ByteBudget.Share first = budget.share();
    assertThat(first.grow(2L * ByteBudget.LARGEST, Duration.ZERO)).isTrue();
    assertThat(budget.free()).isZero();
    ByteBudget.Share second = budget.share();
    assertThat(second.grow(1, Duration.ofMillis(1))).isFalse();
    first.shrink(ByteBudget.LARGEST);
    assertThat(second.grow(1, Duration.ZERO)).isTrue();
    first.close();
    first.close();
    second.close();
    assertThat(budget.free()).isEqualTo(all);
  }

  @Test
  void letsNobodyWaitForMoreThanThereIs() throws Exception {
    try (ByteBudget.Share share = budget.share()) {
      assertThat(share.grow(Long.MAX_VALUE, Duration.ZERO)).isTrue();
      assertThat(share.grow(Long.MAX_VALUE, Duration.ZERO)).as("has all already").isTrue();
    }
    assertThat(budget.free()).isEqualTo(all);
  }

  @Test
  void keepsNothingForAShareThatWasClosed() throws Exception {
    ByteBudget.Share share = budget.share();
    share.close();
    assertThat(share.grow(100, Duration.ZERO)).isTrue();
    assertThat(budget.free()).isEqualTo(all);
  }

  @Test
  void givesUpForAClientThatIsGone() throws Exception {
    try (ByteBudget.Share other = budget.take(Long.MAX_VALUE, () -> false);
        ByteBudget.Share gone = budget.take(1, () -> true)) {
      assertThat(other).isNotSameAs(gone);
      assertThat(budget.free()).isZero();
    }
    assertThat(budget.free()).isEqualTo(all);
  }
}
