package dev.notebay.agent.control;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Timestamp;
import dev.notebay.agent.core.activity.Terms;
import dev.notebay.proto.runtime.v1.Policy;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class TranslationTest {
  private static Timestamp at(long seconds) {
    return Timestamp.newBuilder().setSeconds(seconds).build();
  }

  @Test
  void whatThePolicysTimesMeanDoesNotDependOnThisMachinesClock() {
    // In 1970, as far as this machine knows.
    Terms terms =
        Translation.terms(
            Policy.newBuilder()
                .setTime(at(1000))
                .setLifetimeEndTime(at(1060))
                .setExtendUntil(at(1007))
                .build());

    assertThat(terms.lifetimeLeft()).contains(Duration.ofSeconds(60));
    assertThat(terms.extendedFor()).contains(Duration.ofSeconds(7));
    assertThat(terms.heardAt(Duration.ofSeconds(5)).lifetimeEnd()).contains(Duration.ofSeconds(65));
  }
}
