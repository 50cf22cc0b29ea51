package dev.notebay.reliability.processes;

import dev.notebay.scheduler.core.launch.RuntimeName;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What there is of one runtime on this machine, by the files and processes alone.
 *
 * @param directory whether its directory is there
 * @param processes those that were started in that directory or for it: supervisor and agent
 */
record RuntimeSeen(RuntimeName name, boolean directory, List<ProcessHandle> processes) {
  private static final Pattern NAME = Pattern.compile("s[0-9a-f-]{36}-[1-9][0-9]*");

  boolean runs() {
    return !processes.isEmpty();
  }

  void kill() {
    processes.forEach(ProcessHandle::destroyForcibly);
  }

  /** The agents that run, the real ones. */
  static List<ProcessHandle> agents(Path home) throws IOException {
    return all(home).stream()
        .flatMap(runtime -> runtime.processes().stream())
        .filter(process -> commandLine(process).contains("dev.notebay.agent"))
        .toList();
  }

  private static String commandLine(ProcessHandle process) {
    try {
      return Files.readString(
          Path.of("/proc", Long.toString(process.pid()), "cmdline"), StandardCharsets.ISO_8859_1);
    } catch (IOException gone) {
      return "";
    }
  }

  /** All of an installation. */
  static List<RuntimeSeen> all(Path home) throws IOException {
    Path runtimes = home.resolve("runtimes");
    Map<RuntimeName, List<ProcessHandle>> processes = new TreeMap<>();
    ProcessHandle.allProcesses()
        .forEach(
            process ->
                owner(runtimes, process)
                    .ifPresent(
                        name ->
                            processes.computeIfAbsent(name, _ -> new ArrayList<>()).add(process)));
    Map<RuntimeName, Boolean> directories = new TreeMap<>();
    if (Files.isDirectory(runtimes)) {
      try (var all = Files.list(runtimes)) {
        all.map(path -> path.getFileName().toString())
            .flatMap(name -> RuntimeName.parse(name).stream())
            .forEach(name -> directories.put(name, true));
      }
    }
    processes.keySet().forEach(name -> directories.putIfAbsent(name, false));
    return directories.entrySet().stream()
        .map(
            entry ->
                new RuntimeSeen(
                    entry.getKey(),
                    entry.getValue(),
                    processes.getOrDefault(entry.getKey(), List.of())))
        .toList();
  }

  /** Whose runtime a process is: by its working directory, where it stays when that is renamed. */
  private static Optional<RuntimeName> owner(Path runtimes, ProcessHandle process) {
    Path proc = Path.of("/proc", Long.toString(process.pid()));
    try {
      String where = Files.readSymbolicLink(proc.resolve("cwd")).toString();
      Matcher name = NAME.matcher(where);
      // A zombie has no command line.
      return where.startsWith(runtimes.toString()) && name.find() && !commandLine(process).isEmpty()
          ? RuntimeName.parse(name.group())
          : Optional.empty();
    } catch (IOException gone) {
      return Optional.empty();
    }
  }
}
