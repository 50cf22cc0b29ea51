package dev.notebay.agent.control;

import static dev.notebay.agent.FakeScheduler.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.agent.FakeScheduler;
import dev.notebay.agent.ManualClock;
import dev.notebay.agent.core.activity.Cause;
import dev.notebay.agent.core.activity.Directives;
import dev.notebay.agent.core.activity.Report;
import dev.notebay.agent.core.activity.Terms;
import dev.notebay.proto.runtime.v1.ConnectRequest;
import dev.notebay.proto.runtime.v1.ConnectResponse;
import dev.notebay.proto.runtime.v1.Policy;
import dev.notebay.proto.runtime.v1.Stop;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SchedulerLinkTest {
  private static final Identity IDENTITY = new Identity(new UUID(7, 7), 2, "uid-1");

  private final List<String> told = new CopyOnWriteArrayList<>();
  private FakeScheduler scheduler;
  private SchedulerLink link;

  private final Directives directives =
      new Directives() {
        @Override
        public void claimed(String owner, Terms terms) {
          told.add("claimed by " + owner + " on " + terms.generation());
        }

        @Override
        public void changed(Terms terms) {
          told.add("changed to " + terms.generation());
        }

        @Override
        public void stop(String reason, String message, Duration grace) {
          told.add("stop " + reason);
        }

        @Override
        public void refused(String message) {
          told.add("refused");
        }
      };

  @BeforeEach
  void start() throws IOException {
    scheduler = FakeScheduler.start();
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", scheduler.port()).usePlaintext().build();
    link =
        new SchedulerLink(
            channel,
            IDENTITY,
            () -> "secret",
            new ManualClock(),
            directives,
            new SplittableRandom(1));
  }

  @AfterEach
  void stop() {
    link.close();
    scheduler.close();
  }

  private static Report report(boolean active) {
    return new Report(
        Optional.of(
            new Report.Activity(
                active, Instant.EPOCH, Optional.empty(), Optional.empty(), false, "")),
        List.of(),
        0);
  }

  private void restartScheduler() throws IOException {
    int port = scheduler.port();
    scheduler.close();
    await(() -> !link.isConnected());
    scheduler = FakeScheduler.startAt(port);
  }

  @Test
  void claimsThenIsReadyThenReports() {
    link.start();
    ConnectRequest first = scheduler.next();
    assertThat(first.getClaim().getSessionId()).isEqualTo(IDENTITY.session().toString());
    assertThat(first.getClaim().getAttempt()).isEqualTo(2);
    assertThat(first.getClaim().getRuntimeUid()).isEqualTo("uid-1");
    await(link::isConnected);
    assertThat(told).containsExactly("claimed by alice on 1");
    link.report(report(true));
    link.ready("http://127.0.0.1:1");
    assertThat(scheduler.next().getReady().getJupyterUri()).isEqualTo("http://127.0.0.1:1");
    assertThat(scheduler.next().getHeartbeat().getActivity().getActive()).isTrue();
    link.report(report(false));
    scheduler.next(said -> said.hasHeartbeat() && !said.getHeartbeat().getActivity().getActive());
    scheduler.next(ConnectRequest::hasHeartbeat);
  }

  @Test
  void claimsAndIsReadyAgainWhenTheSchedulerComesBack() throws Exception {
    link.start();
    link.ready("http://127.0.0.1:1");
    link.report(report(true));
    scheduler.next(ConnectRequest::hasHeartbeat);
    restartScheduler();
    assertThat(scheduler.next().hasClaim()).isTrue();
    assertThat(scheduler.next().hasReady()).isTrue();
    assertThat(scheduler.next().hasHeartbeat()).isTrue();
    assertThat(link.dials()).isGreaterThanOrEqualTo(2);
  }

  @Test
  void isBackSoonAlsoWhenTheSchedulerWasAwayForLong() throws Exception {
    link.start();
    link.ready("http://127.0.0.1:1");
    await(link::isConnected);
    int port = scheduler.port();
    scheduler.close();
    long dials = link.dials();
    await(() -> link.dials() >= dials + 9);
    scheduler = FakeScheduler.startAt(port);
    long back = System.nanoTime();
    await(link::isConnected);
    assertThat(Duration.ofNanos(System.nanoTime() - back)).isLessThan(Duration.ofSeconds(6));
  }

  @Test
  void keepsNoWishToEndForASchedulerThatIsAway() throws Exception {
    link.start();
    link.ready("http://127.0.0.1:1");
    link.report(report(false));
    scheduler.next(ConnectRequest::hasHeartbeat);
    int port = scheduler.port();
    scheduler.close();
    await(() -> !link.isConnected());
    link.requestEnd(Cause.IDLE_TIMEOUT, "idle", 1);
    link.report(report(true));
    scheduler = FakeScheduler.startAt(port);
    for (int heartbeats = 0; heartbeats < 5; ) {
      ConnectRequest said = scheduler.next();
      assertThat(said.hasEndRequest()).as("a wish of before").isFalse();
      heartbeats += said.hasHeartbeat() ? 1 : 0;
    }
    link.requestEnd(Cause.IDLE_TIMEOUT, "idle", 1);
    assertThat(scheduler.next(ConnectRequest::hasEndRequest).getEndRequest().getPolicyGeneration())
        .isEqualTo(1);
  }

  @Test
  void asksForTheEndOnceInAWhile() {
    link.start();
    link.ready("http://127.0.0.1:1");
    link.report(report(false));
    scheduler.next(ConnectRequest::hasHeartbeat);
    link.requestEnd(Cause.IDLE_TIMEOUT, "idle", 1);
    scheduler.next(ConnectRequest::hasEndRequest);
    for (int heartbeats = 0; heartbeats < 3; ) {
      link.requestEnd(Cause.IDLE_TIMEOUT, "idle", 1);
      ConnectRequest said = scheduler.next();
      assertThat(said.hasEndRequest()).isFalse();
      heartbeats += said.hasHeartbeat() ? 1 : 0;
    }
  }

  @Test
  void hasNothingToSendOfAWishThatWasTakenBack() {
    link.start();
    scheduler.next();
    await(link::isConnected);
    link.requestEnd(Cause.IDLE_TIMEOUT, "idle", 1);
    link.withdrawEnd();
    assertThat(link.takeWish()).isEmpty();
  }

  @Test
  void passesOnWhatTheSchedulerSays() {
    link.start();
    await(link::isConnected);
    scheduler.next(ConnectRequest::hasClaim);
    await(() -> told.contains("claimed by alice on 1"));
    scheduler.say(
        ConnectResponse.newBuilder().setPolicy(Policy.newBuilder().setGeneration(4)).build());
    scheduler.say(
        ConnectResponse.newBuilder().setStop(Stop.newBuilder().setReason("USER_REQUEST")).build());
    await(() -> told.size() == 3);
    assertThat(told).containsExactly("claimed by alice on 1", "changed to 4", "stop USER_REQUEST");
  }

  @Test
  void isRefusedOnceAndForAll() {
    scheduler.refuses();
    link.start();
    await(() -> told.contains("refused"));
    assertThat(link.isConnected()).isFalse();
    assertThat(link.dials()).isEqualTo(1);
  }
}
