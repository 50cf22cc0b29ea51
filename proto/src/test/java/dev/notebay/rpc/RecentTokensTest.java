package dev.notebay.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RecentTokensTest {
  private static final Caller ADA = new Caller("ada", Set.of());

  private final Set<String> valid = new HashSet<>(Set.of("good"));
  private long now;
  private int asked;
  private final RecentTokens tokens =
      new RecentTokens(
          token -> {
            asked++;
            return valid.contains(token) ? Optional.of(ADA) : Optional.empty();
          },
          () -> now);

  @Test
  void anAcceptedTokenIsVerifiedOnceWithinAFewSeconds() {
    for (int call = 0; call < 10; call++) {
      assertThat(tokens.authenticate("good")).contains(ADA);
    }
    assertThat(asked).isEqualTo(1);
  }

  @Test
  void aTokenThatIsAcceptedNoMoreIsRefusedAfterAFewSeconds() {
    tokens.authenticate("good");
    valid.clear();
    now = RecentTokens.MEMORY.toNanos();

    assertThat(tokens.authenticate("good")).isEmpty();
    assertThat(tokens.authenticate("good")).isEmpty();
  }

  @Test
  void aTokenThatWasRefusedIsAskedAboutAgain() {
    assertThat(tokens.authenticate("new")).isEmpty();
    valid.add("new");

    assertThat(tokens.authenticate("new")).contains(ADA);
  }

  @Test
  void soManyTokensAtMostAreRemembered() {
    for (int i = 0; i < RecentTokens.MOST + 5; i++) {
      valid.add("token-" + i);
      tokens.authenticate("token-" + i);
    }
    int before = asked;
    tokens.authenticate("token-0");
    assertThat(asked).isEqualTo(before);
    tokens.authenticate("token-" + (RecentTokens.MOST + 1));
    assertThat(asked).isEqualTo(before + 1);

    now = RecentTokens.MEMORY.toNanos();
    tokens.authenticate("token-" + (RecentTokens.MOST + 1));
    tokens.authenticate("token-" + (RecentTokens.MOST + 1));
    assertThat(asked).isEqualTo(before + 2);
  }
}
