package dev.notebay.reliability.planted;

import static dev.notebay.reliability.planted.PlantedBug.harmful;
import static dev.notebay.reliability.planted.PlantedBug.harmless;

import java.util.List;

/** Bugs of what people and agents ask for. */
final class RequestBugs {
  private static final String REQUESTS = "dev.notebay.scheduler.core.request.SessionRequests";
  private static final String SESSION = "dev.notebay.scheduler.core.session.Session";

  private static final Patch ANY_ATTEMPT_CLAIMS =
      new Patch(
          REQUESTS, "if (present.attempt() != name.attempt()) {", "if (name.attempt() < 0) {");

  private RequestBugs() {}

  static List<PlantedBug> all() {
    return List.of(
        harmful(
            "claim-always-granted",
            "a runtime starts its kernel whether or not it is wanted",
            ANY_ATTEMPT_CLAIMS,
            new Patch(
                REQUESTS,
                "if (!session.isClaimedBy(runtimeUid)) {",
                "if (runtimeUid.isEmpty()) {")),
        harmless(
            "claim-ignores-the-attempt",
            "a runtime of an attempt that is over can claim",
            "a session is placed again only while it never had a runtime",
            ANY_ATTEMPT_CLAIMS),
        harmless(
            "claim-ignores-another-runtime",
            "a second runtime of one attempt can claim",
            "the names of runtimes: there is no second one",
            new Patch(
                SESSION,
                "case Claimed(var uid, var at) when starting.claimedBy().isEmpty() ->",
                "case Claimed(var uid, var at) when attempt > 0 ->")),
        harmless(
            "claim-of-what-stops",
            "a runtime can claim a session that is stopping",
            "its devices are booked until it is gone, and it is told to end",
            new Patch(
                REQUESTS,
                "if (!session.isClaimedBy(runtimeUid)) {",
                "if (!session.isClaimedBy(runtimeUid) && !session.state().label().equals(\"STOPPING\")) {")),
        harmless(
            "ready-without-a-claim",
            "a runtime that is not the session's can be said to run",
            "an agent has no link before its claim",
            new Patch(
                SESSION,
                "case Ready(var uid, var jupyter, var at) when isClaimedBy(uid) -> Optional.of(next(new Running(starting",
                "case Ready(var uid, var jupyter, var at) when attempt > 0 -> Optional.of(next(new Running(starting")),
        harmless(
            "requeued-after-the-claim",
            "a session goes back to the queue though its runtime may run",
            "the storage gateway never refuses a volume to the session that has it",
            new Patch(
                SESSION,
                "case VolumeBusy(var why, var until, var at) when starting.claimedBy().isEmpty() ->",
                "case VolumeBusy(var why, var until, var at) when attempt > 0 ->")),
        harmless(
            "attempt-used-twice",
            "two placements of a session have one name",
            "a session is placed again only while it never had a runtime",
            new Patch(
                SESSION,
                "next( attempt + 1, policyGeneration,",
                "next( Math.max(1, attempt), policyGeneration,")),
        harmful(
            "stop-undone-by-ready",
            "a session that is stopping runs again",
            new Patch(
                SESSION,
                "private Optional<Session> whenStopping(Stopping stopping, SessionEvent event) { return switch (event) {",
                """
                private Optional<Session> whenStopping(Stopping stopping, SessionEvent event) {
                  return switch (event) {
                    case Ready(var uid, var jupyter, var at) when attempt > 0 ->
                        Optional.of(next(new Running(stopping.assignment(), uid, jupyter, at), at));
                """)),
        harmful(
            "volume-forgotten-at-the-end",
            "a session that is over is not noted to hold its volume",
            new Patch(
                SESSION,
                "new Ended(stopping.reason(), stopping.message(), at, spec.volume().isPresent())",
                "new Ended(stopping.reason(), stopping.message(), at, false)")),
        harmless(
            "volume-forgotten-in-the-queue",
            "a queued session that was stopped is not noted to hold the volume of an earlier attempt",
            "a session goes back to the queue only because its mount was refused",
            new Patch(SESSION, "attempt > 0 && spec.volume().isPresent()", "false")),
        harmful(
            "extension-not-told",
            "an agent is not told that its session was extended",
            new Patch(
                SESSION,
                "next(attempt, policyGeneration + 1, Optional.of(until), running, at)",
                "next(attempt, policyGeneration, Optional.of(until), running, at)")),
        harmful(
            "lifetime-starts-with-the-request",
            "time in the queue counts as lifetime",
            new Patch(
                SESSION,
                "return state.held().map(assignment -> assignment.at().plus(spec.policy().maximumLifetime()));",
                "return state.held().map(_ -> created.plus(spec.policy().maximumLifetime()));")),
        harmful(
            "policy-generation-ignored",
            "a wish that is based on an old policy is followed",
            new Patch(
                REQUESTS,
                "boolean ofPresentPolicy = wish.policyGeneration() == session.policyGeneration();",
                "boolean ofPresentPolicy = wish.policyGeneration() > 0;")),
        harmless(
            "old-idle-wish-followed",
            "a wish is followed however long it was under way",
            "nearly always the agent's report that it is active; 6 of 12,000 seeds saw it",
            new Patch(REQUESTS, "&& !now.isAfter(wish.asOf().plus(IDLE_WISH_HOLDS))", "")),
        harmless(
            "idle-wish-followed-though-active",
            "a wish that was overtaken by activity is followed",
            "a wish holds for seconds only, an agent withdraws it, and a link keeps the order of what is said",
            new Patch(REQUESTS, "&& !isReportedActive(session.id());", ";")),
        harmful(
            "every-idle-wish-followed",
            "a wish is followed whatever has happened since",
            new Patch(
                REQUESTS,
                "ofPresentPolicy && !now.isAfter(wish.asOf().plus(IDLE_WISH_HOLDS))"
                    + " && !isReportedActive(session.id());",
                "true;")),
        harmless(
            "wish-of-an-old-attempt",
            "a runtime of an attempt that is over can end its session",
            "a session is placed again only while it never had a runtime",
            new Patch(
                REQUESTS,
                "session.attempt() == name.attempt() && isFollowed(",
                "session.attempt() >= name.attempt() && isFollowed(")),
        harmless(
            "lost-race-not-retried",
            "a change that lost a race is given up with an error",
            "the caller is told so, and asks again",
            new Patch(
                REQUESTS,
                "private static final int ATTEMPTS = 8;",
                "private static final int ATTEMPTS = 1;")),
        harmful(
            "lost-race-taken-for-done",
            "a change that lost a race is acknowledged",
            new Patch(
                REQUESTS,
                "if (store.replace(next.get()) == Replacement.REPLACED) {",
                "if (store.replace(next.get()) != Replacement.FENCED) {")),
        harmful(
            "acknowledged-before-kept",
            "a session is acknowledged though the store did not answer",
            new Patch(
                REQUESTS,
                "return switch (store.insert(session, key, allowance.unfinishedSessions())) {",
                """
                Insertion insertion;
                try {
                  insertion = store.insert(session, key, allowance.unfinishedSessions());
                } catch (StoreUnavailable unknown) {
                  insertion = new Insertion.Inserted(session);
                }
                return switch (insertion) {""")));
  }
}
