package dev.notebay.reliability.planted;

import static dev.notebay.reliability.planted.PlantedBug.harmful;
import static dev.notebay.reliability.planted.PlantedBug.harmless;

import java.util.List;

/** Bugs of how the loop looks, writes and takes steps. */
final class LoopBugs {
  private static final String LOOP = "dev.notebay.scheduler.core.reconcile.ControlLoop";

  private static final Patch FIELD_OF_DONE =
      new Patch(
          LOOP,
          "private Instant lastLook = Instant.MIN;",
          """
          private Instant lastLook = Instant.MIN;
          private final Set<RuntimeName> done = new java.util.HashSet<>();
          """);
  private static final Patch NO_LOOK =
      new Patch(LOOP, "if (isGone(runtime)) {", "if (runtime.attempt() > 0) {");
  private static final Patch[] LIST_FIRST = {
    new Patch(
        LOOP,
        "unfinished.refresh();",
        """
        early = epoch.isPresent() ? launcher.list() : List.of();
        unfinished.refresh();
        """),
    new Patch(
        LOOP, "Survey.Parts.of(sessions, launcher.list())", "Survey.Parts.of(sessions, early)"),
    new Patch(
        LOOP,
        "private Instant lastLook = Instant.MIN;",
        "private Instant lastLook = Instant.MIN; private List<RuntimeView> early = List.of();")
  };

  private LoopBugs() {}

  static List<PlantedBug> all() {
    return List.of(
        harmless(
            "list-before-read",
            "what is was seen before what should be",
            "the look of its own before anything is freed (no-look-of-its-own)",
            LIST_FIRST),
        harmful(
            "no-look-of-its-own", "a device is freed because an old list lacks a runtime", NO_LOOK),
        harmful(
            "silent-is-gone",
            "a runtime that cannot be looked at is taken for gone",
            new Patch(
                LOOP,
                "return switch (launcher.look(name).orElse(null)) {",
                """
                Optional<RuntimeView> found;
                try {
                  found = launcher.look(name);
                } catch (RuntimeException silent) {
                  found = Optional.empty();
                }
                return switch (found.orElse(null)) {""")),
        harmful(
            "re-placed-on-silence",
            "a session whose agent is silent is placed anew",
            new Patch(
                LOOP,
                "private boolean lead(Epoch epoch, View view, List<Step> decided) {",
                """
                private boolean lead(Epoch epoch, View view, List<Step> decided) {
                Instant now = clock.instant();
                for (Session silent : unfinished.placed()) {
                  if (silent.state() instanceof dev.notebay.scheduler.core.session.SessionState.Running
                      && silent.updated().isBefore(now.minusSeconds(10))
                      && links instanceof dev.notebay.scheduler.core.request.Agents agents
                      && !agents.isConnected(silent.id())) {
                    store.replace(
                        new Session(
                            silent.id(), silent.owner(), silent.spec(), silent.created(), now,
                            silent.version() + 1, silent.attempt(), silent.policyGeneration(),
                            silent.extendUntil(),
                            new dev.notebay.scheduler.core.session.SessionState.Queued(
                                silent.created(), Optional.empty())),
                        epoch);
                  }
                }
                """)),
        harmful(
            "start-not-retried",
            "a start whose outcome is not known is not asked for again",
            FIELD_OF_DONE,
            new Patch(
                LOOP,
                "case Step.Start(var session) -> start(session, epoch, now);",
                "case Step.Start(var session) -> done.add(nameOf(session)) && start(session, epoch, now);")),
        harmless(
            "terminate-not-retried",
            "an end by force whose outcome is not known is not asked for again",
            "the agent, as for never-forced",
            FIELD_OF_DONE,
            new Patch(
                LOOP,
                "launcher.terminate(runtime);",
                "if (done.add(runtime)) { launcher.terminate(runtime); }")),
        harmful(
            "remove-not-retried",
            "a removal whose outcome is not known is not asked for again",
            FIELD_OF_DONE,
            new Patch(
                LOOP,
                "launcher.remove(runtime);",
                "if (done.add(runtime)) { launcher.remove(runtime); }")),
        harmful(
            "unmount-taken-for-done",
            "a volume counts as released though the storage gateway did not answer",
            new Patch(
                LOOP,
                "if (!volumes.unmount(nameOf(session))) {",
                "if (!volumes.unmount(nameOf(session)) && now.isBefore(Instant.MIN)) {")),
        harmful(
            "unknown-mount-taken-for-refused",
            "a session fails because the storage gateway did not answer once",
            new Patch(
                LOOP,
                "case Mounting.Unavailable _ -> {",
                """
                case Mounting.Unavailable(var message) when !message.isEmpty() -> {
                  return write(session, new StopAsked(EndReason.VOLUME_NOT_FOUND, message, now), epoch);
                }
                case Mounting.Unavailable _ -> {""")),
        harmful(
            "started-without-its-volume",
            "a session starts though its volume is in use",
            new Patch(
                LOOP,
                "return write(session, new VolumeBusy(message, now.plus(VOLUME_RETRY), now), epoch);",
                "path = Optional.of(message);")),
        harmful(
            "held-back-for-a-day",
            "a session whose volume was in use waits long after it is free",
            new Patch(
                LOOP,
                "new VolumeBusy(message, now.plus(VOLUME_RETRY), now)",
                "new VolumeBusy(message, now.plus(Duration.ofDays(1)), now)")),
        harmful(
            "unknown-commit-taken-for-done",
            "others are told of a change that may not have been made",
            new Patch(
                LOOP,
                "List<Replacement> results = store.replaceAll(next, epoch);",
                """
                List<Replacement> results;
                try {
                  results = store.replaceAll(next, epoch);
                } catch (StoreUnavailable unknown) {
                  results = java.util.Collections.nCopies(next.size(), Replacement.REPLACED);
                }
                """)),
        harmless(
            "unknown-commit-taken-for-failed",
            "the loop goes on as if a change had not been made that may have been",
            "the next pass reads what was really written",
            new Patch(
                LOOP,
                "List<Replacement> results = store.replaceAll(next, epoch);",
                """
                List<Replacement> results;
                try {
                  results = store.replaceAll(next, epoch);
                } catch (StoreUnavailable unknown) {
                  results = java.util.Collections.nCopies(next.size(), Replacement.CHANGED);
                }
                """)),
        harmful(
            "refused-write-taken-for-done",
            "others are told of a change that lost a race",
            new Patch(
                LOOP,
                "case CHANGED, DEVICE_TAKEN -> {}",
                "case CHANGED, DEVICE_TAKEN -> changed.accept(next.get(i));")),
        harmless(
            "step-failure-ends-pass",
            "one session whose step fails keeps all behind it waiting",
            "the next pass; the simulator has no step that fails for ever (ControlLoopTest)",
            new Patch(
                LOOP,
                "written |= take(step, epoch, now, next -> writes.put(step, next)); } catch (StoreUnavailable away) { throw away; } catch (RuntimeException failure) { failed.accept(step, failure);",
                """
                written |= take(step, epoch, now, next -> writes.put(step, next));
                } catch (StoreUnavailable away) {
                throw away;
                } catch (RuntimeException failure) {
                failed.accept(step, failure);
                return written;
                """)),
        harmless(
            "standby-tells-nobody",
            "an agent that is connected to a standby is told nothing",
            "force after the grace; a wish by an old policy is not followed but answered with the new one",
            new Patch(
                LOOP,
                "placed.forEach(links::tell);",
                "if (epoch.isPresent()) { placed.forEach(links::tell); }")),
        harmless(
            "owners-not-read-again",
            "the runtime of a session made during the pass is taken for nobody's",
            "only the leader starts runtimes, and it reads before it lists",
            new Patch(
                LOOP,
                "List<Session> owners = others.isEmpty() ? List.of() : store.findAll(others);",
                "List<Session> owners = List.of();")));
  }
}
