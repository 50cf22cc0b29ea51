package dev.notebay.cli.services;

import dev.notebay.cli.config.Pause;
import dev.notebay.cli.config.Settings;
import dev.notebay.cli.config.SystemClock;
import dev.notebay.cli.identity.LocalKeys;
import dev.notebay.cli.terminal.CliFailure;
import dev.notebay.cli.terminal.Quantities;
import dev.notebay.cli.terminal.Terminal;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Notebay on this one machine: its state directory and its services.
 *
 * <p>Whoever changes it holds the lock {@code run/lock}; a second one waits and then finds the work
 * done. Starting what runs and stopping what does not run change nothing.
 */
public final class Installation {
  private static final Duration START = Duration.ofSeconds(90);
  private static final Duration STOP = Duration.ofSeconds(20);
  private static final Duration LOOK = Duration.ofMillis(50);
  private static final int LOG_LINES = 15;

  /** Only the owner can enter them, also where others can enter the state directory. */
  private static final List<String> PARTS =
      List.of("run", "logs", "postgres", "volumes", "runtimes");

  private static final Set<String> ADDRESSES =
      Set.of(
          Settings.SCHEDULER_GRPC,
          Settings.SCHEDULER_HTTP,
          Settings.STORAGE_GRPC,
          Settings.STORAGE_HTTP);

  private final Settings settings;
  private final Terminal terminal;

  public Installation(Settings settings, Terminal terminal) {
    this.settings = settings;
    this.terminal = terminal;
  }

  /** How a service is. */
  public record ServiceStatus(ServiceKind kind, long pid, boolean running, boolean healthy) {}

  /**
   * Starts what does not run and waits until all of it is healthy.
   *
   * @return whether anything was started
   */
  public boolean up() {
    try {
      LocalKeys.ensureHome(settings.home());
      for (String part : PARTS) {
        LocalKeys.ensureDirectory(settings.home().resolve(part));
      }
      try (var lock = lock()) {
        return upLocked();
      }
    } catch (AccessDeniedException denied) {
      throw CliFailure.unavailable(
          "no permission: " + denied.getFile(),
          "set NOTEBAY_HOME to a directory of your own, or correct its owner");
    } catch (FileSystemException failure) {
      throw CliFailure.unavailable(
          "cannot use " + failure.getFile() + ": " + failure.getReason(),
          "set NOTEBAY_HOME to a directory of your own");
    } catch (IOException failure) {
      throw CliFailure.unavailable("cannot start: " + failure.getMessage(), "");
    }
  }

  private boolean upLocked() throws IOException {
    List<ServiceProcess> all = services();
    if (all.stream().anyMatch(service -> service.running().isPresent())) {
      tellDifferences(all);
    }
    if (all.stream().allMatch(service -> service.running().isPresent() && service.healthy())) {
      return false;
    }
    var preconditions = new Preconditions(settings, terminal);
    preconditions.distributionIsComplete();
    preconditions.diskHasRoom();
    if (settings.setting(Settings.LAUNCH).equals(Settings.KUBERNETES)) {
      preconditions.clusterIsNamed();
    } else {
      preconditions.sandboxWorks();
    }
    preconditions.databaseAnswers();
    new LocalKeys(settings.home()).ensure();
    var missing = all.stream().filter(service -> service.running().isEmpty()).toList();
    missing.forEach(service -> preconditions.portsAreFree(service.kind()));
    settings.remember();
    for (ServiceProcess service : missing) {
      service.start();
    }
    awaitHealth(all, missing);
    return true;
  }

  /** What runs was not started as this command would start it. */
  private void tellDifferences(List<ServiceProcess> all) {
    List<String> different = settings.differencesFromLastUp();
    if (!different.isEmpty()) {
      String what =
          "the services run with another "
              + String.join(" and another ", different)
              + " than given";
      String restart =
          "./notebay down --keep-sessions && ./notebay up"
              + (different.contains(Settings.SANDBOX)
                      && settings.setting(Settings.SANDBOX).equals("none")
                  ? " --no-sandbox"
                  : "");
      if (different.stream().anyMatch(ADDRESSES::contains)) {
        throw CliFailure.unavailable(what, "leave it out, or restart them with it: " + restart);
      }
      terminal.note("notebay: " + what + "; restart them with it: " + restart);
    }
    if (all.stream().anyMatch(service -> service.running().isPresent() && service.older())) {
      terminal.note(
          "notebay: the services run an older build; restart them: ./notebay down --keep-sessions"
              + " && ./notebay up");
    }
  }

  private void awaitHealth(List<ServiceProcess> all, List<ServiceProcess> started)
      throws IOException {
    var deadline = SystemClock.in(START);
    List<ServiceProcess> waiting = new ArrayList<>(all);
    while (!waiting.isEmpty()) {
      terminal.progress("starting " + titles(waiting));
      waiting.removeIf(ServiceProcess::healthy);
      for (ServiceProcess service : waiting) {
        boolean ended = service.endedWithin(LOOK);
        if (ended || deadline.passed()) {
          giveUp(service, ended, started);
        }
      }
    }
    terminal.clearProgress();
  }

  private void giveUp(ServiceProcess service, boolean ended, List<ServiceProcess> started)
      throws IOException {
    String title = service.kind().title();
    terminal.note("last lines of " + service.kind().log(settings.home()) + ":");
    service.lastLines(LOG_LINES).forEach(line -> terminal.note("  | " + line));
    for (ServiceProcess other : started) {
      other.stop(STOP);
    }
    throw CliFailure.unavailable(
        "the "
            + title
            + (ended ? " ended while starting" : " is not healthy after " + Quantities.show(START)),
        "its log says why: ./notebay logs " + title);
  }

  /**
   * Stops the services and their database; runtimes of sessions go on.
   *
   * @param forget whether the next {@code up} starts from the defaults again
   */
  public List<String> down(boolean forget) {
    if (!Files.isDirectory(settings.home().resolve("run"))) {
      return List.of();
    }
    try {
      try (var lock = lock()) {
        List<String> stopped = new ArrayList<>();
        List<ServiceProcess> inReverse = services().reversed();
        for (ServiceProcess service : inReverse) {
          if (service.running().isPresent()) {
            terminal.progress("stopping the " + service.kind().title());
            boolean gently = service.stop(STOP);
            stopped.add(service.kind().title() + (gently ? "" : " (killed: it did not end)"));
          }
        }
        stopDatabase().ifPresent(stopped::add);
        if (forget) {
          Files.deleteIfExists(Settings.rememberedIn(settings.home()));
        }
        terminal.clearProgress();
        return stopped;
      }
    } catch (IOException failure) {
      throw CliFailure.unavailable("cannot stop: " + failure.getMessage(), "");
    }
  }

  /** A scheduler that was killed leaves its database running. */
  private Optional<String> stopDatabase() {
    var database = new OwnDatabase(settings.home());
    Optional<ProcessHandle> left = database.running();
    if (left.isEmpty()) {
      return Optional.empty();
    }
    terminal.progress("stopping PostgreSQL");
    String who = "PostgreSQL (pid " + left.get().pid() + ")";
    if (!database.stop(STOP)) {
      terminal.note("notebay: " + who + " does not end; see " + database.log());
      return Optional.empty();
    }
    return Optional.of(who + ", which its scheduler had left");
  }

  public List<ServiceStatus> status() {
    return services().stream()
        .map(
            service -> {
              var process = service.running();
              return new ServiceStatus(
                  service.kind(),
                  process.map(ProcessHandle::pid).orElse(0L),
                  process.isPresent(),
                  process.isPresent() && service.healthy());
            })
        .toList();
  }

  /** Whether every service runs and is healthy. */
  public boolean isUp() {
    return services().stream()
        .allMatch(service -> service.running().isPresent() && service.healthy());
  }

  private List<ServiceProcess> services() {
    return Arrays.stream(ServiceKind.values())
        .map(kind -> new ServiceProcess(kind, settings))
        .toList();
  }

  private static String titles(List<ServiceProcess> services) {
    return services.stream()
        .map(service -> service.kind().title())
        .collect(Collectors.joining(" and "));
  }

  private Lock lock() throws IOException {
    FileChannel channel =
        FileChannel.open(
            settings.home().resolve("run").resolve("lock"),
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE);
    FileLock lock = tryLock(channel);
    while (lock == null) {
      terminal.progress("waiting for another ./notebay that starts or stops the services");
      Pause.shortly();
      lock = tryLock(channel);
    }
    terminal.clearProgress();
    return new Lock(channel, lock);
  }

  /** The lock; null while somebody else has it, in this process or another. */
  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException heldHere) {
      return null;
    }
  }

  private record Lock(FileChannel channel, FileLock held) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      held.release();
      channel.close();
    }
  }
}
