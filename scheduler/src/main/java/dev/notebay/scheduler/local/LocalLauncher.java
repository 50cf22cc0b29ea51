package dev.notebay.scheduler.local;

import static dev.notebay.scheduler.local.JsonText.JSON;

import dev.notebay.scheduler.core.launch.LaunchRequest;
import dev.notebay.scheduler.core.launch.Launcher;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.launch.RuntimeSecrets;
import dev.notebay.scheduler.core.launch.RuntimeView;
import dev.notebay.scheduler.core.session.EndReason;
import jakarta.json.JsonObject;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Runtimes as directories and processes of this machine. Nothing that matters is kept in memory: a
 * scheduler that was killed and started again sees the same runtimes.
 *
 * <ol>
 *   <li>A runtime is a directory named after session and attempt, and a supervisor process, started
 *       detached, that holds the directory's lock. A second supervisor finds the lock taken.
 *   <li>Its launch plan is written last, before the supervisor is started: without one the
 *       directory is no runtime yet.
 *   <li>It runs while its supervisor lives. It ended when the supervisor left {@code exit.json}.
 *   <li>A supervisor that is gone without a word was killed. What may be left of its runtime is
 *       killed, and only when all of it is gone the runtime has ended.
 * </ol>
 *
 * <p>Always holds: an ended runtime has no process; an attempt runs at most once.
 */
public final class LocalLauncher implements Launcher {
  private static final Logger LOG = Logger.getLogger(LocalLauncher.class);

  /** Nobody is still putting together what is older. */
  private static final Duration MADE_WITHIN = Duration.ofSeconds(30);

  /** After the polite request, and the supervisor's own time for force. */
  private static final Duration FORCE_AFTER = LocalSettings.GRACE.plusSeconds(5);

  private static final int LAST_WORDS = 2000;

  private final LocalSettings settings;
  private final InstantSource clock;
  private final Path runtimes;
  private final Cgroups cgroups;
  private final Remains remains;
  private final Trash trash;
  private final RuntimePlanner planner;
  private final Map<RuntimeName, Process> starting = new ConcurrentHashMap<>();
  private final Map<RuntimeName, Instant> terminating = new ConcurrentHashMap<>();
  private final Set<RuntimeName> unreadable = ConcurrentHashMap.newKeySet();

  public LocalLauncher(LocalSettings settings, RuntimeSecrets secrets, InstantSource clock)
      throws IOException {
    this(settings, secrets, clock, Cgroups.detect(Path.of("/sys/fs/cgroup")), new GpuDeviceFiles());
  }

  LocalLauncher(
      LocalSettings settings,
      RuntimeSecrets secrets,
      InstantSource clock,
      Cgroups cgroups,
      GpuDeviceFiles gpuFiles)
      throws IOException {
    this.settings = settings;
    this.clock = clock;
    RuntimeDirectory.makePrivate(settings.runtimes());
    this.runtimes = settings.runtimes().toRealPath();
    this.cgroups = cgroups;
    this.remains = new Remains(cgroups);
    this.planner = new RuntimePlanner(settings, secrets, cgroups, gpuFiles);
    this.trash = new Trash(runtimes);
    trash.empty();
  }

  @Override
  public void launch(LaunchRequest request) {
    try {
      starting.compute(request.name(), (_, before) -> launch(request, before));
    } catch (UncheckedIOException failure) {
      LOG.warnf("runtime not started runtime=%s cause=%s", request.name(), failure);
      takeAway(request.name());
      throw new LaunchException("the runtime cannot be started: " + failure.getMessage(), failure);
    }
  }

  private @Nullable Process launch(LaunchRequest request, @Nullable Process before) {
    RuntimeDirectory directory = directory(request.name());
    if (Files.exists(directory.supervisorFile()) || (before != null && before.isAlive())) {
      return before;
    }
    try {
      directory.make();
      BubblewrapCommand.etc(settings.sandbox().flatMap(Bubblewrap::slirp4netns).isPresent())
          .forEach((name, text) -> write(directory, directory.etc().resolve(name), text));
      write(directory, directory.agentProperties(), planner.agentProperties(request, directory));
      write(
          directory, directory.launchPlan(), planner.plan(request, directory).toJson().toString());
      return startSupervisor(directory);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static void write(RuntimeDirectory directory, Path file, String text) {
    try {
      directory.write(file, text);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private Process startSupervisor(RuntimeDirectory directory) {
    List<String> command = new ArrayList<>(settings.supervisor());
    command.add(directory.path().toString());
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.directory(directory.path().toFile());
    builder.environment().clear();
    builder.environment().put("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    builder.environment().put("LC_ALL", "C.UTF-8");
    builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
    var log = ProcessBuilder.Redirect.appendTo(directory.supervisorLog().toFile());
    builder.redirectOutput(log).redirectErrorStream(true);
    try {
      return builder.start();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  @Override
  public List<RuntimeView> list() {
    List<RuntimeView> views = new ArrayList<>();
    try (DirectoryStream<Path> directories = Files.newDirectoryStream(runtimes)) {
      for (Path path : directories) {
        RuntimeName.parse(path.getFileName().toString())
            .flatMap(name -> viewOrUnknown(new RuntimeDirectory(name, path)))
            .ifPresent(views::add);
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    views.sort(Comparator.comparing(RuntimeView::name));
    return views;
  }

  @Override
  public Optional<RuntimeView> look(RuntimeName name) {
    RuntimeDirectory directory = directory(name);
    return Files.isDirectory(directory.path()) ? viewOrUnknown(directory) : Optional.empty();
  }

  /** What cannot be looked at may run, and must not hide the others. */
  private Optional<RuntimeView> viewOrUnknown(RuntimeDirectory directory) {
    RuntimeName name = directory.name();
    try {
      Optional<RuntimeView> view = view(directory);
      unreadable.remove(name);
      return view;
    } catch (RuntimeException failure) {
      if (unreadable.add(name)) {
        LOG.errorf(failure, "runtime cannot be looked at, taken as running runtime=%s", name);
      }
      return Optional.of(new RuntimeView.Running(name));
    }
  }

  /** One look; empty where the directory is gone meanwhile. */
  private Optional<RuntimeView> view(RuntimeDirectory directory) {
    RuntimeName name = directory.name();
    Optional<ProcessIdentity> supervisor = directory.supervisor();
    if (supervisor.isEmpty()) {
      return viewOfUnborn(directory);
    }
    starting.remove(name);
    if (supervisor.get().isAlive()) {
      return Optional.of(new RuntimeView.Running(name));
    }
    Optional<JsonObject> exit = directory.exit();
    if (exit.isPresent()) {
      terminating.remove(name);
      return Optional.of(ended(name, exit.get()));
    }
    return viewOfOrphaned(directory);
  }

  /**
   * No supervisor has written yet that it has the lock: it is about to, or it never will. What a
   * scheduler that was killed had only begun is nothing yet, and is begun again by whoever wants
   * it; what lacked only its supervisor gets one, and if it had one, the second ends at once.
   */
  private Optional<RuntimeView> viewOfUnborn(RuntimeDirectory directory) {
    RuntimeName name = directory.name();
    try {
      if (!Files.exists(directory.launchPlan())) {
        if (!isYoung(directory)) {
          trash.take(directory);
        }
        return Optional.empty();
      }
      Process process = starting.computeIfAbsent(name, _ -> startSupervisor(directory));
      if (process.isAlive()) {
        return Optional.of(new RuntimeView.Running(name));
      }
      Optional<FileLock> lock = FileLock.tryLock(directory.lock(), FileLock.Mode.EXCLUSIVE);
      if (lock.isEmpty()) {
        return Optional.of(new RuntimeView.Running(name));
      }
      try (FileLock _ = lock.get()) {
        if (directory.supervisor().isPresent()) {
          return Optional.of(new RuntimeView.Running(name));
        }
        return Optional.of(
            new RuntimeView.Ended(
                name,
                EndReason.START_FAILED,
                "the supervisor did not start: " + lastWords(directory),
                clock.instant()));
      }
    } catch (NoSuchFileException gone) {
      return Optional.empty();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private boolean isYoung(RuntimeDirectory directory) throws IOException {
    Instant made = Files.getLastModifiedTime(directory.path()).toInstant();
    return made.plus(MADE_WITHIN).isAfter(clock.instant());
  }

  /** The supervisor was killed. All else should die with it; see to it that it did. */
  private Optional<RuntimeView> viewOfOrphaned(RuntimeDirectory directory) {
    RuntimeName name = directory.name();
    try {
      Optional<FileLock> lock = FileLock.tryLock(directory.lock(), FileLock.Mode.EXCLUSIVE);
      if (lock.isEmpty()) {
        kill(directory);
        return Optional.of(new RuntimeView.Running(name));
      }
      try (FileLock _ = lock.get()) {
        if (kill(directory)) {
          return Optional.of(new RuntimeView.Running(name));
        }
        cgroups.remove(name);
        JsonObject exit =
            JSON.createObjectBuilder()
                .add("reason", EndReason.RUNTIME_LOST.name())
                .add("message", "the runtime's supervisor is gone without a word, and all with it")
                .add("exit_code", -1)
                .add("time", clock.instant().toString())
                .build();
        writeExit(directory, exit);
        return Optional.of(ended(name, exit));
      }
    } catch (NoSuchFileException gone) {
      return Optional.empty();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** For a quicker answer next time; without it the same is found out again. */
  private static void writeExit(RuntimeDirectory directory, JsonObject exit) {
    try {
      directory.write(directory.exitFile(), exit.toString());
    } catch (IOException failure) {
      LOG.warnf("end not written down runtime=%s cause=%s", directory.name(), failure);
    }
  }

  /** Kills all that is left of a runtime, its supervisor first; says whether anything was. */
  private boolean kill(RuntimeDirectory directory) {
    List<ProcessIdentity> processes = new ArrayList<>(remains.of(directory));
    processes.addAll(remains.holders(directory));
    processes.forEach(ProcessIdentity::kill);
    return !processes.isEmpty();
  }

  private RuntimeView ended(RuntimeName name, JsonObject exit) {
    return new RuntimeView.Ended(
        name,
        reason(exit.getString("reason", "")),
        exit.getString("message", ""),
        time(exit.getString("time", "")));
  }

  private static EndReason reason(String text) {
    try {
      return EndReason.valueOf(text);
    } catch (IllegalArgumentException unknown) {
      return EndReason.RUNTIME_LOST;
    }
  }

  private Instant time(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException unknown) {
      return clock.instant();
    }
  }

  private static String lastWords(RuntimeDirectory directory) {
    try {
      String text = Files.readString(directory.supervisorLog());
      return text.substring(Math.max(0, text.length() - LAST_WORDS)).strip();
    } catch (IOException none) {
      return "it left no log";
    }
  }

  @Override
  public void terminate(RuntimeName name) {
    RuntimeDirectory directory = directory(name);
    if (!Files.isDirectory(directory.path())) {
      return;
    }
    Instant first = terminating.computeIfAbsent(name, _ -> clock.instant());
    try {
      terminate(directory, clock.instant().isAfter(first.plus(FORCE_AFTER)));
    } catch (UncheckedIOException failure) {
      // It is still listed, so this is tried again.
      LOG.warnf(failure, "runtime not ended runtime=%s", name);
    }
  }

  private void terminate(RuntimeDirectory directory, boolean force) {
    Optional<ProcessIdentity> supervisor = directory.supervisor();
    if (force) {
      kill(directory);
    } else if (supervisor.isPresent()) {
      // Asking again does not hurry it.
      supervisor.get().terminate();
    } else {
      Process process = starting.get(directory.name());
      if (process != null) {
        process.destroy();
      }
    }
  }

  @Override
  public void remove(RuntimeName name) {
    if (look(name).filter(view -> view instanceof RuntimeView.Running).isEmpty()) {
      takeAway(name);
    }
  }

  /** Takes away what no process holds: of a runtime that has ended, or could not be started. */
  private void takeAway(RuntimeName name) {
    RuntimeDirectory directory = directory(name);
    try {
      // With the lock no supervisor can begin; one that has the directory open already looks again.
      Optional<FileLock> lock = FileLock.tryLock(directory.lock(), FileLock.Mode.EXCLUSIVE);
      if (lock.isEmpty()) {
        return;
      }
      try (FileLock _ = lock.get()) {
        if (!remains.of(directory).isEmpty()) {
          return;
        }
        cgroups.remove(name);
        trash.take(directory);
      }
    } catch (NoSuchFileException gone) {
      cgroups.remove(name);
    } catch (IOException | UncheckedIOException failure) {
      // It is still listed, so this is tried again.
      LOG.warnf(failure, "directory of an ended runtime not taken away runtime=%s", name);
      return;
    }
    starting.remove(name);
    terminating.remove(name);
    unreadable.remove(name);
  }

  private RuntimeDirectory directory(RuntimeName name) {
    return RuntimeDirectory.of(runtimes, name);
  }
}
