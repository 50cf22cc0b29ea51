package dev.notebay.scheduler.core.queue;

import static dev.notebay.scheduler.core.Sessions.NOON;
import static dev.notebay.scheduler.core.Sessions.after;
import static dev.notebay.scheduler.core.Sessions.node;
import static dev.notebay.scheduler.core.Sessions.queued;
import static dev.notebay.scheduler.core.Sessions.running;
import static dev.notebay.scheduler.core.Sessions.spec;
import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.Sessions;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.placement.TightestFit;
import dev.notebay.scheduler.core.placement.WaitReason;
import dev.notebay.scheduler.core.queue.WaitingLine.Verdict;
import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionEvent.Placed;
import dev.notebay.scheduler.core.session.SessionEvent.Promised;
import dev.notebay.scheduler.core.session.SessionEvent.StopAsked;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class WaitingLineTest {
  private static final Instant NOW = NOON.plusSeconds(60);

  private final List<Node> nodes = List.of(node("a", 1, "nvidia-t4"));
  private final WaitingLine line = Sessions.line(() -> nodes);
  private List<Session> known = List.of();
  private final Session first = queued(1, spec("nvidia-t4", 1));
  private final Session second = queued(2, spec("nvidia-t4", 1));

  private List<Verdict> decide(List<Session> waiting, List<Session> placed) {
    List<Session> all = Stream.concat(waiting.stream(), placed.stream()).toList();
    known.stream().filter(session -> !all.contains(session)).map(Session::id).forEach(line::over);
    all.stream().filter(session -> !known.contains(session)).forEach(line::changed);
    known = all;
    return line.decide(nodes, NOW);
  }

  @Test
  void theFirstIsPlacedAndTheNextIsPromisedAStart() {
    List<Verdict> verdicts = decide(List.of(second, first), List.of());

    assertThat(verdicts).extracting(Verdict::session).containsExactly(first, second);
    assertThat(verdicts.getFirst().event())
        .isEqualTo(new Placed(new Assignment("a", "nvidia-t4", List.of("a-0"), NOW)));
    assertThat(verdicts.getLast().event()).isInstanceOf(Promised.class);
  }

  @Test
  void whoHasJustComeIsToldSomethingWhileAPassIsUnderWay() throws InterruptedException {
    var begun = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    var slow =
        new WaitingLine(
            () -> nodes,
            _ -> new TightestFit(),
            QueueSettings.USUAL,
            _ -> {
              begun.countDown();
              try {
                goOn.await();
              } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
              }
              return new Activity.Busy();
            },
            Duration.ofSeconds(20));
    slow.changed(running(1, spec("nvidia-t4", 1), "a", "a-0"));
    Thread pass = Thread.ofVirtual().start(() -> slow.decide(nodes, NOW));
    begun.await();

    assertThat(slow.firstStanding(second, NOW).reason()).isEqualTo(WaitReason.PENDING_EVALUATION);

    goOn.countDown();
    pass.join();
    assertThat(slow.firstStanding(second, NOW).reason()).isEqualTo(WaitReason.ACCELERATOR_BUSY);
  }

  @Test
  void whatWasNotCarriedOutIsDecidedAgain() {
    List<Verdict> verdicts = decide(List.of(first), List.of());

    assertThat(decide(List.of(first), List.of())).isEqualTo(verdicts);
  }

  @Test
  void whatIsWrittenIsNotDecidedAgain() {
    Session placed = after(first, decide(List.of(first), List.of()).getFirst().event());

    assertThat(decide(List.of(), List.of(placed))).isEmpty();
  }

  @Test
  void aSessionThatWasPlacedAndIsGoneHoldsNothing() {
    decide(List.of(first), List.of());

    assertThat(decide(List.of(second), List.of()))
        .extracting(Verdict::event)
        .hasOnlyElementsOfType(Placed.class);
  }

  @Test
  void whoeverRunsHoldsWhatItHas() {
    Session runs = running(1, spec("nvidia-t4", 1), "a", "a-0");

    assertThat(decide(List.of(second), List.of(runs)))
        .extracting(Verdict::event)
        .hasOnlyElementsOfType(Promised.class);
    assertThat(line.standing(second, NOW))
        .satisfies(
            standing -> {
              assertThat(standing.position()).isEqualTo(1);
              assertThat(standing.reason()).isEqualTo(WaitReason.ACCELERATOR_BUSY);
              assertThat(standing.startBy()).isPresent();
            });
  }

  @Test
  void aSessionThatNoPassHasSeenIsToldWhatCanBeSaid() {
    assertThat(line.standing(first, NOW).reason()).isEqualTo(WaitReason.PENDING_EVALUATION);
    decide(List.of(), List.of(running(1, spec("nvidia-t4", 1), "a", "a-0")));
    assertThat(line.standing(second, NOW).reason()).isEqualTo(WaitReason.ACCELERATOR_BUSY);
  }

  @Test
  void theImpossibleIsRefusedAndEndsWhereItWaits() {
    Session impossible = queued(1, spec("nvidia-t4", 2));

    assertThat(line.never(impossible.spec()))
        .hasValueSatisfying(never -> assertThat(never.message()).contains("nvidia-t4 x1..1"));
    assertThat(line.never(first.spec())).isEmpty();
    assertThat(decide(List.of(impossible), List.of()))
        .singleElement()
        .extracting(Verdict::event)
        .isInstanceOfSatisfying(
            StopAsked.class, stop -> assertThat(stop.reason()).isEqualTo(EndReason.UNPLACEABLE));
  }
}
