package dev.notebay.scheduler.core.session;

import static dev.notebay.scheduler.core.session.Sessions.ADA;
import static dev.notebay.scheduler.core.session.Sessions.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.session.SessionEvent.Claimed;
import dev.notebay.scheduler.core.session.SessionEvent.Extended;
import dev.notebay.scheduler.core.session.SessionEvent.Placed;
import dev.notebay.scheduler.core.session.SessionEvent.PreemptionNoticed;
import dev.notebay.scheduler.core.session.SessionEvent.Promised;
import dev.notebay.scheduler.core.session.SessionEvent.Ready;
import dev.notebay.scheduler.core.session.SessionEvent.RuntimeGone;
import dev.notebay.scheduler.core.session.SessionEvent.StopAsked;
import dev.notebay.scheduler.core.session.SessionEvent.VolumeBusy;
import dev.notebay.scheduler.core.session.SessionEvent.VolumeReleased;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.HeldBack;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import dev.notebay.scheduler.core.session.SessionState.Running;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import dev.notebay.scheduler.core.session.SessionState.Stopping;
import java.net.URI;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class SessionTest {
  private static final Instant LATER = NOON.plusSeconds(60);
  private static final Assignment ASSIGNMENT =
      new Assignment("node", "nvidia-t4", List.of("gpu-0"), NOON);
  private static final URI JUPYTER = URI.create("http://127.0.0.1:8888/");
  private static final URI ELSEWHERE = URI.create("http://127.0.0.1:9999/");

  private static final SessionState STARTING = new Starting(ASSIGNMENT, Optional.empty());
  private static final SessionState RUNNING = new Running(ASSIGNMENT, "uid-1", JUPYTER, NOON);
  private static final SessionState NOTICED =
      new Running(ASSIGNMENT, "uid-1", JUPYTER, NOON, Optional.of(LATER.plusSeconds(300)));

  /** What a session can be, as far as events can tell. */
  private static final Map<String, SessionState> STATES = states();

  private static final Map<String, SessionEvent> EVENTS = events();

  private static Map<String, SessionState> states() {
    Map<String, SessionState> states = new LinkedHashMap<>();
    states.put("queued", new Queued(NOON, Optional.empty()));
    states.put("promised", new Queued(NOON, Optional.empty(), Optional.of(LATER)));
    states.put("starting", STARTING);
    states.put("claimed", new Starting(ASSIGNMENT, Optional.of("uid-1")));
    states.put("running", RUNNING);
    states.put("noticed", NOTICED);
    states.put("stopping", new Stopping(ASSIGNMENT, EndReason.IDLE_TIMEOUT, "idle", NOON));
    states.put("ended", new Ended(EndReason.USER_REQUEST, "asked", NOON, false));
    states.put("ended, volume held", new Ended(EndReason.USER_REQUEST, "asked", NOON, true));
    return states;
  }

  private static Map<String, SessionEvent> events() {
    Map<String, SessionEvent> events = new LinkedHashMap<>();
    events.put("promised", new Promised(Optional.of(LATER), LATER));
    events.put("promise withdrawn", new Promised(Optional.empty(), LATER));
    events.put("placed", new Placed(new Assignment("node", "nvidia-t4", List.of("gpu-0"), LATER)));
    events.put("claimed", new Claimed("uid-1", LATER));
    events.put("claimed by another", new Claimed("uid-2", LATER));
    events.put("ready", new Ready("uid-1", JUPYTER, LATER));
    events.put("ready elsewhere", new Ready("uid-1", ELSEWHERE, LATER));
    events.put("another ready", new Ready("uid-2", ELSEWHERE, LATER));
    events.put("volume busy", new VolumeBusy("in use", LATER.plusSeconds(9), LATER));
    events.put("extended", new Extended(LATER.plusSeconds(600), LATER));
    events.put("noticed", new PreemptionNoticed(LATER.plusSeconds(300), LATER));
    events.put("stop asked", new StopAsked(EndReason.MAX_LIFETIME, "too long", LATER));
    events.put("runtime gone", new RuntimeGone(EndReason.RUNTIME_LOST, "gone", LATER));
    events.put("volume released", new VolumeReleased(LATER));
    return events;
  }

  /** Every transition there is. What is not listed does not apply. */
  private static final String TABLE =
      """
      queued: promised -> promised
      queued: placed -> starting
      queued: stop asked -> ended, volume held
      promised: promise withdrawn -> queued
      promised: placed -> starting
      promised: stop asked -> ended, volume held
      starting: claimed -> claimed
      starting: claimed by another -> claimed by another
      starting: volume busy -> held back
      starting: stop asked -> stopping MAX_LIFETIME
      starting: runtime gone -> stopping RUNTIME_LOST
      claimed: ready -> running
      claimed: ready elsewhere -> running elsewhere
      claimed: stop asked -> stopping MAX_LIFETIME
      claimed: runtime gone -> stopping RUNTIME_LOST
      running: ready elsewhere -> running elsewhere
      running: extended -> running
      running: noticed -> noticed
      running: stop asked -> stopping MAX_LIFETIME
      running: runtime gone -> stopping RUNTIME_LOST
      noticed: ready elsewhere -> noticed elsewhere
      noticed: extended -> noticed
      noticed: stop asked -> stopping MAX_LIFETIME
      noticed: runtime gone -> stopping RUNTIME_LOST
      stopping: runtime gone -> ended IDLE_TIMEOUT, volume held
      ended, volume held: volume released -> ended
      """;

  @Test
  void makesTheseTransitionsAndNoOther() {
    StringBuilder taken = new StringBuilder();
    STATES.forEach(
        (stateName, state) ->
            EVENTS.forEach(
                (eventName, event) ->
                    in(state)
                        .on(event)
                        .ifPresent(
                            next ->
                                taken.append(
                                    "%s: %s -> %s\n"
                                        .formatted(
                                            stateName, eventName, describe(next.state()))))));

    assertThat(taken.toString()).isEqualTo(TABLE);
  }

  private static String describe(SessionState state) {
    return switch (state) {
      case Queued(_, var heldBack, var startBy) ->
          heldBack.isPresent() ? "held back" : startBy.isPresent() ? "promised" : "queued";
      case Starting(_, var claimedBy) ->
          claimedBy
              .map(uid -> uid.equals("uid-1") ? "claimed" : "claimed by another")
              .orElse("starting");
      case Running(_, _, var jupyter, _, var preemptAt) ->
          (preemptAt.isPresent() ? "noticed" : "running")
              + (jupyter.equals(JUPYTER) ? "" : " elsewhere");
      case Stopping(_, var reason, _, _) -> "stopping " + reason;
      case Ended(var reason, _, _, var volumeHeld) ->
          "ended"
              + (reason == EndReason.IDLE_TIMEOUT ? " " + reason : "")
              + (volumeHeld ? ", volume held" : "");
    };
  }

  private static Session in(SessionState state) {
    return new Session(
        new SessionId(new UUID(0, 1)),
        ADA,
        Sessions.spec(),
        NOON,
        NOON,
        7,
        1,
        3,
        Optional.empty(),
        state);
  }

  @Test
  void countsOnlyWhatThePolicyOfTheAgentChanges() {
    Session running = in(RUNNING);
    Instant until = LATER.plusSeconds(600);

    Session extended = running.on(new Extended(until, LATER)).orElseThrow();

    assertThat(extended.policyGeneration()).isEqualTo(4);
    assertThat(extended.extendUntil()).contains(until);
    // An extension that adds nothing is none.
    assertThat(extended.on(new Extended(until, LATER))).isEmpty();
    assertThat(extended.on(new Extended(until.minusSeconds(1), LATER))).isEmpty();
    assertThat(extended.on(new Extended(until.plusSeconds(1), LATER)).map(Session::extendUntil))
        .contains(Optional.of(until.plusSeconds(1)));
  }

  @Test
  void endsWithItsNoticeUnlessItsLifetimeEndsBefore() {
    Session running = in(RUNNING);
    Instant lifetimeEnd = NOON.plus(Sessions.POLICY.maximumLifetime());
    Instant soon = LATER.plusSeconds(300);

    Session noticed = running.on(new PreemptionNoticed(soon, LATER)).orElseThrow();
    Session late =
        running.on(new PreemptionNoticed(lifetimeEnd.plusSeconds(1), LATER)).orElseThrow();

    assertThat(running.latestEnd()).contains(lifetimeEnd);
    assertThat(running.latestEndReason()).isEqualTo(EndReason.MAX_LIFETIME);
    assertThat(noticed.latestEnd()).contains(soon);
    assertThat(noticed.latestEndReason()).isEqualTo(EndReason.PREEMPTED);
    assertThat(noticed.lifetimeEnd()).contains(lifetimeEnd);
    assertThat(noticed.policyGeneration()).isEqualTo(running.policyGeneration() + 1);
    assertThat(late.latestEnd()).contains(lifetimeEnd);
    assertThat(late.latestEndReason()).isEqualTo(EndReason.MAX_LIFETIME);
    // Neither shortened nor renewed.
    assertThat(noticed.on(new PreemptionNoticed(soon.minusSeconds(1), LATER))).isEmpty();
    assertThat(in(new Queued(NOON, Optional.empty())).latestEnd()).isEmpty();
  }

  @Test
  void forgetsItsBoundOnceItHasStarted() {
    Session promised =
        in(new Queued(NOON, Optional.empty()))
            .on(new Promised(Optional.of(LATER), NOON))
            .orElseThrow();
    Session back =
        promised
            .on(new Placed(ASSIGNMENT))
            .flatMap(placed -> placed.on(new VolumeBusy("in use", LATER, NOON)))
            .orElseThrow();

    assertThat(promised.on(new Promised(Optional.of(LATER), NOON.plusSeconds(1)))).isEmpty();
    assertThat(back.state())
        .isEqualTo(new Queued(NOON, Optional.of(new HeldBack(LATER, "in use")), Optional.empty()));
  }

  @Test
  void keepsItsPlaceInTheQueueWhenItsVolumeWasBusy() {
    Session back =
        in(STARTING).on(new VolumeBusy("in use", LATER.plusSeconds(9), LATER)).orElseThrow();

    assertThat(back.state())
        .isEqualTo(new Queued(NOON, Optional.of(new HeldBack(LATER.plusSeconds(9), "in use"))));
    assertThat(back.attempt()).isEqualTo(1);
  }

  @Test
  void holdsNoVolumeIfItWasNeverPlacedOrAskedForNone() {
    Session neverPlaced = Sessions.queued(ADA, NOON);
    Session without =
        Session.queued(new SessionId(new UUID(0, 1)), ADA, Sessions.specWithoutVolume(), NOON);
    var stop = new StopAsked(EndReason.USER_REQUEST, "", LATER);
    var over = Optional.<SessionState>of(new Ended(EndReason.USER_REQUEST, "", LATER, false));

    assertThat(neverPlaced.on(stop).map(Session::state)).isEqualTo(over);
    assertThat(
            without
                .on(new Placed(ASSIGNMENT))
                .flatMap(placed -> placed.on(stop))
                .flatMap(stopping -> stopping.on(new RuntimeGone(EndReason.NODE_LOST, "no", LATER)))
                .map(Session::state))
        .isEqualTo(over);
  }

  /** Histories from a seed, whose number is the repetition's. */
  @RepeatedTest(300)
  void keepsItsPromisesInAnyHistory(RepetitionInfo repetition) {
    var random = new SplittableRandom(repetition.getCurrentRepetition());
    Session now = Sessions.queued(ADA, NOON);
    for (int step = 0; step < 200; step++) {
      SessionEvent event = Sessions.anyEvent(random);
      Optional<Session> changed = now.on(event);
      if (changed.isPresent()) {
        promises(now, event, changed.get());
        now = changed.get();
      }
    }
  }

  private static void promises(Session before, SessionEvent event, Session after) {
    assertThat(after.version()).isEqualTo(before.version() + 1);
    assertThat(after.updated()).isAfterOrEqualTo(before.updated());
    assertThat(after.attempt()).isEqualTo(before.attempt() + (event instanceof Placed ? 1 : 0));
    assertThat(after.policyGeneration())
        .isEqualTo(
            before.policyGeneration()
                + (event instanceof Extended || event instanceof PreemptionNoticed ? 1 : 0));
    assertThat(List.of(after.id(), after.owner(), after.spec(), after.created()))
        .isEqualTo(List.of(before.id(), before.owner(), before.spec(), before.created()));
    if (before.isEnded()) {
      assertThat(event).isInstanceOf(VolumeReleased.class);
      assertThat(after.isEnded()).isTrue();
    }
    // What was told to a running session is not taken back.
    if (before.preemptAt().isPresent() && after.state() instanceof Running) {
      assertThat(after.preemptAt()).isEqualTo(before.preemptAt());
    }
    // Devices are only got by a placement, and never exchanged.
    if (!(event instanceof Placed) && after.state().held().isPresent()) {
      assertThat(after.state().held()).isEqualTo(before.state().held());
    }
    // Devices of a claimed attempt are only given up when nothing of it runs any more.
    if (before.state().held().isPresent()
        && after.state().held().isEmpty()
        && !(before.state() instanceof Starting(_, var claimedBy) && claimedBy.isEmpty())) {
      assertThat(event).isInstanceOf(RuntimeGone.class);
    }
  }

  /** Fails if the histories above would not meet a transition of the table. */
  @Test
  void meetsEveryTransitionInItsHistories() {
    Set<String> taken = new TreeSet<>();
    for (long seed = 1; seed <= 300; seed++) {
      var random = new SplittableRandom(seed);
      Session now = Sessions.queued(ADA, NOON);
      for (int step = 0; step < 200; step++) {
        SessionEvent event = Sessions.anyEvent(random);
        Optional<Session> changed = now.on(event);
        if (changed.isPresent()) {
          taken.add(kind(now.state()) + " " + kind(event) + " " + kind(changed.get().state()));
          now = changed.get();
        }
      }
    }

    assertThat(taken)
        .containsExactlyInAnyOrder(
            "Queued Promised Queued",
            "Queued Placed Starting",
            "Queued StopAsked Ended",
            "Starting Claimed Starting",
            "Starting Ready Running",
            "Starting VolumeBusy Queued",
            "Starting StopAsked Stopping",
            "Starting RuntimeGone Stopping",
            "Running Extended Running",
            "Running PreemptionNoticed Running",
            "Running Ready Running",
            "Running StopAsked Stopping",
            "Running RuntimeGone Stopping",
            "Stopping RuntimeGone Ended",
            "Ended VolumeReleased Ended");
  }

  private static String kind(Object state) {
    return state.getClass().getSimpleName();
  }

  @Test
  void isCalledStoppedOrFailedByItsReason() {
    Map<String, String> labels =
        Stream.of(EndReason.values())
            .collect(
                Collectors.toMap(
                    EndReason::name,
                    reason -> new Ended(reason, "", NOON, false).label(),
                    (a, _) -> a,
                    TreeMap::new));

    assertThat(labels.toString())
        .isEqualTo(
            "{EVICTED=FAILED, IDLE_TIMEOUT=STOPPED, IMAGE_UNAVAILABLE=FAILED,"
                + " KERNEL_OUT_OF_MEMORY=FAILED, MAX_LIFETIME=STOPPED, NODE_LOST=FAILED,"
                + " PREEMPTED=STOPPED, RUNTIME_LOST=FAILED, START_FAILED=FAILED,"
                + " START_TIMEOUT=FAILED, UNPLACEABLE=FAILED, USER_REQUEST=STOPPED,"
                + " VOLUME_NOT_FOUND=FAILED, VOLUME_UNAVAILABLE=FAILED}");
  }
}
