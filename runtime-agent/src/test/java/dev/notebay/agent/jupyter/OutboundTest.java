package dev.notebay.agent.jupyter;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class OutboundTest {
  private static final Framing.Frame FRAME = new Framing.Frame.Text("message");

  private final List<Promise<Void>> writes = new ArrayList<>();
  private final List<Long> pings = new ArrayList<>();
  private int broken;
  private boolean gone;
  private final Outbound outbound =
      new Outbound(
          new Outbound.Wire() {
            @Override
            public Future<Void> write(Framing.Frame frame) {
              if (gone) {
                throw new IllegalStateException("closed");
              }
              Promise<Void> promise = Promise.promise();
              writes.add(promise);
              return promise.future();
            }

            @Override
            public void ping(long sequence) {
              pings.add(sequence);
            }

            @Override
            public void broken(Throwable failure) {
              broken++;
            }
          });

  private boolean send(long sequence) {
    return outbound.send(FRAME, OptionalLong.of(sequence));
  }

  @Test
  void countsWhatWasWrittenAndConfirmedNotWhatWasQueued() {
    outbound.begin(10);
    send(11);
    send(12);
    assertThat(outbound.written()).isEqualTo(10);
    writes.get(0).complete();
    assertThat(outbound.written()).isEqualTo(11);
    assertThat(outbound.arrived()).isEqualTo(10);
    writes.get(1).complete();
    assertThat(pings).as("one on the way").containsExactly(11L);
    outbound.pong(11);
    assertThat(outbound.arrived()).isEqualTo(11);
    outbound.pong(12);
    assertThat(outbound.arrived()).isEqualTo(12);
    assertThat(pings).containsExactly(11L, 12L);
  }

  @Test
  void endsAtTheFirstWriteThatFails() {
    outbound.begin(10);
    send(11);
    send(12);
    writes.get(0).fail("reset");
    writes.get(1).complete();
    assertThat(outbound.written()).isEqualTo(10);
    assertThat(broken).isEqualTo(1);
    assertThat(send(13)).isFalse();
    assertThat(writes).hasSize(2);
  }

  @Test
  void endsWhenNothingCanBeWrittenAnyMore() {
    outbound.begin(10);
    gone = true;
    assertThat(send(11)).isFalse();
    assertThat(outbound.written()).isEqualTo(10);
    assertThat(broken).isEqualTo(1);
  }

  @Test
  void passesOverEntriesOfOthersWithoutPassingOverUnsentOnes() {
    outbound.begin(10);
    outbound.skip(11);
    assertThat(outbound.arrived()).isEqualTo(11);
    send(12);
    outbound.skip(13);
    assertThat(outbound.written()).isEqualTo(11);
    writes.get(0).complete();
    outbound.skip(14);
    assertThat(outbound.written()).isEqualTo(14);
    assertThat(outbound.arrived()).isEqualTo(11);
  }

  @Test
  void believesNoPongOfWhatWasNotWritten() {
    outbound.begin(10);
    send(11);
    outbound.pong(11);
    assertThat(outbound.arrived()).isEqualTo(10);
  }
}
