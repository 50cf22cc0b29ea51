package dev.notebay.scheduler.local;

import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.session.Compute;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The control groups in which sandboxes are limited: {@code notebay/<runtime>} in each hierarchy
 * that this user may write. Of memory, the kernel then ends the one process that has most of it and
 * not the whole group.
 */
final class Cgroups {
  private static final String PARENT = "notebay";
  private static final int PROCESSES = 8192;
  private static final Set<String> V1_CONTROLLERS = Set.of("memory", "pids", "cpu");
  private static final Set<String> OPTIONAL =
      Set.of("memory.memsw.limit_in_bytes", "memory.swap.max");
  private static final long SHARES_PER_CPU = 1024;

  private final boolean unified;
  private final Map<String, Path> parents;

  private Cgroups(boolean unified, Map<String, Path> parents) {
    this.unified = unified;
    this.parents = parents;
  }

  /**
   * One control group and what to write into it, in order.
   *
   * @param optional files that not every kernel has
   */
  record Group(Path path, Map<String, String> files, Set<String> optional) {}

  /** Finds out what this user may do beneath {@code root}, by doing it. */
  static Cgroups detect(Path root) {
    boolean unified = Files.exists(root.resolve("cgroup.controllers"));
    Map<String, Path> parents = new LinkedHashMap<>();
    if (unified) {
      Path parent = root.resolve(PARENT);
      for (String controller : List.of("memory", "pids", "cpu")) {
        if (make(parent) && enable(root, controller) && enable(parent, controller)) {
          parents.put(controller, parent);
        }
      }
    } else {
      for (String controller : V1_CONTROLLERS) {
        Path parent = root.resolve(controller).resolve(PARENT);
        if (Files.exists(root.resolve(controller).resolve("cgroup.procs")) && make(parent)) {
          parents.put(controller, parent);
        }
      }
    }
    return new Cgroups(unified, parents);
  }

  boolean limitsMemory() {
    return parents.containsKey("memory");
  }

  /** The control groups of a runtime. */
  List<Group> of(RuntimeName runtime, Compute compute) {
    Map<Path, Map<String, String>> files = new LinkedHashMap<>();
    parents.forEach(
        (controller, parent) ->
            files
                .computeIfAbsent(parent.resolve(runtime.toString()), _ -> new LinkedHashMap<>())
                .putAll(limits(controller, compute)));
    List<Group> groups = new ArrayList<>();
    files.forEach((path, values) -> groups.add(new Group(path, values, OPTIONAL)));
    return groups;
  }

  /** The file in which the kernel counts processes that it ended for want of memory. */
  Optional<Path> memoryEvents(RuntimeName runtime) {
    return Optional.ofNullable(parents.get("memory"))
        .map(parent -> parent.resolve(runtime.toString()))
        .map(group -> group.resolve(unified ? "memory.events" : "memory.oom_control"));
  }

  /** All processes in the runtime's control groups. */
  List<ProcessIdentity> processes(RuntimeName runtime) {
    List<ProcessIdentity> processes = new ArrayList<>();
    for (Path group : groups(runtime)) {
      try {
        for (String pid : Files.readAllLines(group.resolve("cgroup.procs"))) {
          ProcessIdentity.of(Long.parseLong(pid)).ifPresent(processes::add);
        }
      } catch (IOException _) {
        // Gone, or never made: no process is in it.
      }
    }
    return processes;
  }

  /** Removes the runtime's control groups; they stay while a process is in them. */
  void remove(RuntimeName runtime) {
    for (Path group : groups(runtime)) {
      try {
        Files.deleteIfExists(group);
      } catch (IOException _) {
        // Still in use: the next time.
      }
    }
  }

  private Set<Path> groups(RuntimeName runtime) {
    Set<Path> groups = new java.util.LinkedHashSet<>();
    parents.values().forEach(parent -> groups.add(parent.resolve(runtime.toString())));
    return groups;
  }

  private Map<String, String> limits(String controller, Compute compute) {
    String memory = Long.toString(compute.memoryBytes());
    String processes = Integer.toString(PROCESSES);
    long shares = Math.max(2, Math.min(262_144, compute.cpuMilli() * SHARES_PER_CPU / 1000));
    Map<String, String> files = new LinkedHashMap<>();
    switch (controller) {
      case "memory" -> {
        files.put(unified ? "memory.max" : "memory.limit_in_bytes", memory);
        // No swap beyond the limit; version 1 counts both together, version 2 swap alone.
        files.put(
            unified ? "memory.swap.max" : "memory.memsw.limit_in_bytes", unified ? "0" : memory);
      }
      case "pids" -> files.put("pids.max", processes);
      case "cpu" ->
          // A share, not a ceiling: what others leave idle may be used. (Kubernetes' conversion.)
          files.put(
              unified ? "cpu.weight" : "cpu.shares",
              Long.toString(unified ? 1 + (shares - 2) * 9999 / 262_142 : shares));
      default -> throw new IllegalArgumentException("controller: " + controller);
    }
    return files;
  }

  private static boolean make(Path directory) {
    try {
      Files.createDirectories(directory);
      return true;
    } catch (IOException notAllowed) {
      return false;
    }
  }

  private static boolean enable(Path group, String controller) {
    try {
      Files.writeString(group.resolve("cgroup.subtree_control"), "+" + controller);
      return true;
    } catch (IOException notAllowed) {
      return false;
    }
  }
}
