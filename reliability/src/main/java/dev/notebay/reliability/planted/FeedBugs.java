package dev.notebay.reliability.planted;

import static dev.notebay.reliability.planted.PlantedBug.harmful;
import static dev.notebay.reliability.planted.PlantedBug.harmless;

import java.util.List;

/** Bugs of how a replica keeps up with what is written. */
final class FeedBugs {
  private static final String UNFINISHED = "dev.notebay.scheduler.core.session.UnfinishedSessions";

  private FeedBugs() {}

  static List<PlantedBug> all() {
    return List.of(
        harmful(
            "mark-taken-after-the-read",
            "what is written between a read and its mark is never seen",
            new Patch(
                UNFINISHED,
                "mark = changes.next();",
                "mark = store.changes(changes.next()).next();")),
        harmful(
            "only-new-sessions-seen",
            "a replica does not see how a session that it knows goes on",
            new Patch(
                UNFINISHED,
                "if (before != null && before.version() >= session.version()) {",
                "if (before != null) {")),
        harmless(
            "over-and-never-forgotten",
            "a session that is over is looked at for ever",
            "nothing is to be done for it; it costs memory",
            new Patch(UNFINISHED, "if (isFinished(session)) {", "if (false) {")),
        harmless(
            "older-version-taken-for-newer",
            "a session that is read again replaces what is known of it",
            "every read is of the present state",
            new Patch(
                UNFINISHED,
                "if (before != null && before.version() >= session.version()) {",
                "if (before != null && before.equals(session)) {")));
  }
}
