package dev.notebay.reliability.planted;

import static dev.notebay.reliability.planted.PlantedBug.harmful;
import static dev.notebay.reliability.planted.PlantedBug.harmless;

import java.util.List;

/** Bugs of the store, made in the fake that stands for PostgreSQL. */
final class StoreBugs {
  private static final String STORE = "dev.notebay.scheduler.core.session.InMemorySessionStore";
  private static final String LINE = "dev.notebay.scheduler.core.queue.WaitingLine";

  private static final Patch NO_EPOCH =
      new Patch(STORE, "if (epoch.number() != this.epoch) {", "if (epoch.number() < 0) {");
  private static final Patch NO_UNIQUE_DEVICES =
      new Patch(
          STORE, "if (!wanted.stream().allMatch(slot -> hasRoom(slot, kept))) {", "if (false) {");
  private static final Patch NO_COMPARE_AND_SET =
      new Patch(
          STORE, "if (now == null || now.version() != next.version() - 1) {", "if (now == null) {");

  private StoreBugs() {}

  static List<PlantedBug> all() {
    return List.of(
        harmful(
            "compare-and-set-dropped",
            "a write takes no notice of what others have written since",
            NO_COMPARE_AND_SET),
        harmless(
            "epoch-not-checked",
            "a deposed leader's writes count",
            "the compare-and-set, and that a device is booked once",
            NO_EPOCH),
        harmless(
            "unique-devices-dropped",
            "a device can be booked twice",
            "the epoch: one leader places, by what it has read itself",
            NO_UNIQUE_DEVICES),
        harmful(
            "unique-devices-and-epoch-dropped",
            "two leaders can book one device",
            NO_UNIQUE_DEVICES,
            NO_EPOCH,
            LeaderBugs.BELIEVED_FOR_EVER),
        harmful(
            "shares-not-summed",
            "one device is given in more shares than it has",
            new Patch(
                STORE,
                "return own.milli() + parts.stream().mapToInt(Part::milli).sum() <= Accelerator.WHOLE",
                "return own.milli() < Accelerator.WHOLE || parts.isEmpty()"),
            new Patch(LINE, "spec.accelerator().milli(),", "1,"),
            new Patch(
                LINE,
                "held.memory().map(MemoryShare::bytes).orElse(spec.accelerator().memoryBytes()),",
                "1,")),
        harmful(
            "request-id-ignored",
            "a repeated request makes another session",
            new Patch(STORE, "if (before != null) {", "if (false && before != null) {")),
        harmful(
            "insert-lost",
            "an acknowledged session is not kept",
            new Patch(
                STORE,
                "if (sessions.putIfAbsent(kept.id(), kept) != null) {",
                "if (sessions.size() % 4 != 3 && sessions.putIfAbsent(kept.id(), kept) != null) {")),
        harmful(
            "ended-with-volume-not-visited",
            "a session that is over is not looked at again, although it holds its volume",
            new Patch(
                STORE,
                "session -> !(session.state() instanceof Ended(_, _, _, var volumeHeld)) || volumeHeld)",
                "session -> !session.isEnded())")),
        harmful(
            "ledger-never-closed",
            "the ledger does not note when a device is free again",
            new Patch(STORE, "? ended(use, at) : use);", "? use : use);")),
        harmless(
            "live-lease-taken",
            "a standby takes the lead from a leader that is alive",
            "the epoch: a deposed leader's work is only useless",
            new Patch(
                STORE,
                "if (epoch > 0 && !replica.equals(leader) && !leaseEnd.isBefore(now)) {",
                "if (epoch < 0) {")),
        harmful(
            "dead-lease-kept",
            "nobody follows a leader that is dead",
            new Patch(
                STORE,
                "if (epoch > 0 && !replica.equals(leader) && !leaseEnd.isBefore(now)) {",
                "if (epoch > 0) {")));
  }
}
