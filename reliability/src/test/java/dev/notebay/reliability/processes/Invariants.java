package dev.notebay.reliability.processes;

import dev.notebay.reliability.processes.Outside.Mount;
import dev.notebay.reliability.processes.Outside.Row;
import dev.notebay.reliability.processes.Outside.Use;
import dev.notebay.scheduler.core.launch.RuntimeName;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What must hold of every look from outside, and what once nobody asks for anything any more. */
final class Invariants {
  private static final int DEVICES = 4;

  /** Thousandths of a device. */
  private static final int WHOLE = 1000;

  private Invariants() {}

  /** What is wrong at any moment, crashed or not. */
  static List<String> violations(Outside seen) {
    List<String> wrong = new ArrayList<>();
    Map<UUID, Row> rows =
        seen.rows().stream().collect(Collectors.toMap(Row::id, Function.identity()));
    Map<String, Integer> used = new HashMap<>();
    for (Use use : seen.uses()) {
      if (used.merge(use.node() + "/" + use.device(), use.milli(), Integer::sum) > WHOLE) {
        wrong.add("device booked beyond what there is, by others and " + use);
      }
      Row row = rows.get(use.session());
      if (row == null || !row.holds() || !row.devices().contains(use.device())) {
        wrong.add("booking without session: " + use + " of " + row);
      }
    }
    for (Row row : rows.values()) {
      long booked = seen.uses().stream().filter(use -> use.session().equals(row.id())).count();
      if (booked != row.devices().size() || (row.holds() && booked != row.wanted())) {
        wrong.add("session with " + booked + " devices booked: " + row);
      }
    }
    Set<String> requests = new HashSet<>();
    for (Row row : rows.values()) {
      if (!requests.add(row.owner() + "/" + row.request())) {
        wrong.add("two sessions of one request: " + row);
      }
    }
    Map<UUID, Mount> writers = new HashMap<>();
    for (Mount mount : seen.mounts()) {
      Mount other = mount.singleWriter() ? writers.put(mount.volume(), mount) : null;
      if (other != null) {
        wrong.add("single-writer volume mounted twice: " + other + " and " + mount);
      }
    }
    return wrong;
  }

  /**
   * What has not come to rest, while nobody asks for anything.
   *
   * <ol>
   *   <li>No session is on its way: what can be placed is placed and runs, what was stopped is over
   *       and its volume free.
   *   <li>What waits has a reason: too few devices are free for one of those that wait, for which
   *       they may be kept; who is next depends on what everybody has used.
   *   <li>The runtimes that are there are those of the running sessions.
   *   <li>The mounts that are recorded are those of running sessions.
   * </ol>
   */
  static List<String> unsettled(Outside seen) {
    List<String> open = new ArrayList<>();
    Set<RuntimeName> wanted = new TreeSet<>();
    Map<String, Integer> used = new HashMap<>();
    seen.uses().forEach(use -> used.merge(use.device(), use.milli(), Integer::sum));
    int free = DEVICES - used.size();
    int most = free > 0 ? WHOLE : WHOLE - Collections.min(used.values());
    List<Row> waiting = new ArrayList<>();
    for (Row row : seen.rows()) {
      switch (row.state()) {
        case "RUNNING" -> wanted.add(row.runtime());
        case "QUEUED" -> {
          if (!row.heldBack() || !usesVolumeOf(seen, row)) {
            waiting.add(row);
          }
        }
        case "ENDED" -> {
          if (row.volumeHeld()) {
            open.add("volume still held: " + row);
          }
        }
        default -> open.add("still on its way: " + row);
      }
    }
    if (waiting.stream()
        .allMatch(row -> row.milli() < WHOLE ? row.milli() <= most : row.wanted() <= free)) {
      waiting.forEach(
          row -> open.add("waits though of the devices are used only " + used + ": " + row));
    }
    Set<RuntimeName> there = new TreeSet<>();
    for (var runtime : seen.runtimes()) {
      there.add(runtime.name());
      if (!wanted.contains(runtime.name())) {
        open.add("orphan: " + runtime);
      } else if (!runtime.runs()) {
        open.add("does not run: " + runtime);
      }
    }
    wanted.stream()
        .filter(name -> !there.contains(name))
        .forEach(name -> open.add("running session without runtime: " + name));
    Set<UUID> running =
        wanted.stream().map(name -> name.session().value()).collect(Collectors.toSet());
    for (Mount mount : seen.mounts()) {
      if (!running.contains(mount.session())) {
        open.add("mount without running session: " + mount);
      }
    }
    return open;
  }

  /** Whether a running session has the volume that another waits for. */
  private static boolean usesVolumeOf(Outside seen, Row waiting) {
    return seen.rows().stream()
        .anyMatch(
            row ->
                row.state().equals("RUNNING")
                    && row.owner().equals(waiting.owner())
                    && row.volume().equals(waiting.volume()));
  }
}
