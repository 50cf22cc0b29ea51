package dev.notebay.reliability.processes;

import dev.notebay.reliability.processes.Witness.Use;
import dev.notebay.scheduler.core.launch.RuntimeName;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * An installation with people who use it, that something is done to again and again, each time
 * checked from outside. Its runtimes are stand-ins.
 */
final class Trials implements AutoCloseable {
  /** How soon all should have come to rest, from when the scheduler says that it serves. */
  static final Duration CONVERGED = Duration.ofSeconds(5);

  private static final Duration LOOK = Duration.ofMillis(30);
  static final Duration PATIENCE = Duration.ofSeconds(30);

  /**
   * Later than this is wrong on the slowest machine; how many were later than they should is told.
   */
  private static final Duration AT_ALL = Duration.ofSeconds(45);

  private static final int PEOPLE = 3;
  private final Installation installation;
  private final Acknowledged acknowledged = new Acknowledged();
  private final AcknowledgedVolumes volumes = new AcknowledgedVolumes();
  private final SessionHistory history = new SessionHistory();
  private final Witness witness;
  private final StandInAgents agents;
  private final Workload workload;
  private final List<Duration> convergence = new ArrayList<>();

  /**
   * Starts all of it.
   *
   * @param directory does not exist yet; removed at the end
   * @param options of the services' virtual machines
   */
  Trials(Path directory, Path distribution, long seed, String... options) throws Exception {
    this(new Installation(directory, distribution), seed, options);
  }

  Trials(Installation installation, long seed, String... options) throws Exception {
    this.installation = installation;
    this.witness = new Witness(this::devicesOf);
    this.agents = new StandInAgents(installation, witness, seed);
    installation.up(options);
    this.workload = new Workload(installation, acknowledged, volumes, history, PEOPLE, seed);
  }

  /** Also while the database recovers: a claim was granted just before it was killed. */
  private Map<String, Integer> devicesOf(RuntimeName name) {
    var devices = new TreeMap<String, Integer>();
    try {
      Poll.until(
          "devices of " + name,
          PATIENCE,
          () -> {
            try {
              devices.putAll(Outside.devicesOf(installation, name));
              return true;
            } catch (SQLException away) {
              return false;
            }
          });
    } catch (Exception failure) {
      witness.violated("the harness cannot tell the devices of " + name + ": " + failure);
    }
    return devices;
  }

  Installation installation() {
    return installation;
  }

  StandInAgents agents() {
    return agents;
  }

  Workload workload() {
    return workload;
  }

  /** What is done to the installation; the scheduler serves, or is about to, when it is over. */
  interface Harm {
    void run() throws Exception;
  }

  /**
   * One trial: people at work, harm, nobody begins anything new, and then all must come to rest in
   * time and nothing may be wrong.
   *
   * @param name for messages, with how to run it alone
   */
  void run(String name, Harm harm) throws Exception {
    run(name, AT_ALL, harm);
  }

  /**
   * @param limit within which all must have come to rest
   */
  void run(String name, Duration limit, Harm harm) throws Exception {
    List<Use> before = witness.uses();
    workload.resume();
    harm.run();
    workload.hush();
    installation.scheduler().requireServing();
    installation.storage().requireServing();
    long serves = System.nanoTime();
    workload.awaitAnswers();
    settled(name, serves, limit);
    convergence.add(Duration.ofNanos(System.nanoTime() - serves));
    workload.readAll();
    check(name, before, Outside.look(installation));
  }

  private Outside settled(String name, long since, Duration limit) throws Exception {
    while (true) {
      List<String> open;
      try {
        Outside seen = Outside.look(installation);
        open = unsettled(seen);
        if (open.isEmpty()) {
          return seen;
        }
        open.addAll(Invariants.violations(seen));
      } catch (SQLException away) {
        open = List.of("the database does not answer: " + away);
      }
      if (System.nanoTime() - since > limit.toNanos()) {
        throw failure(name + ": not converged in " + limit, open);
      }
      Poll.pause(LOOK);
    }
  }

  private AssertionError failure(String what, List<String> wrong) throws IOException {
    return new AssertionError(what + ":\n" + String.join("\n", wrong) + "\n" + logs());
  }

  private List<String> unsettled(Outside seen) {
    List<String> open = new ArrayList<>(Invariants.unsettled(seen));
    Set<RuntimeName> running =
        witness.uses().stream().map(Use::name).collect(Collectors.toCollection(TreeSet::new));
    seen.rows().stream()
        .filter(row -> row.state().equals("RUNNING") && !running.contains(row.runtime()))
        .forEach(row -> open.add("no process for " + row));
    return open;
  }

  private void check(String name, List<Use> before, Outside seen) throws Exception {
    List<String> wrong = new ArrayList<>(Invariants.violations(seen));
    wrong.addAll(acknowledged.violations(seen.rows()));
    wrong.addAll(volumes.violations(seen.volumes()));
    wrong.addAll(witness.violations());
    wrong.addAll(workload.violations());
    wrong.addAll(Outside.overlaps(installation));
    seen.rows().stream()
        .filter(row -> row.reason().filter(reason -> !reason.equals("USER_REQUEST")).isPresent())
        .forEach(row -> wrong.add("ended though nobody asked: " + row));
    List<Use> after = witness.uses();
    for (Use use : before) {
      boolean asked =
          seen.rows().stream()
              .anyMatch(
                  row -> row.id().equals(use.name().session().value()) && row.reason().isPresent());
      if (!asked && !after.contains(use)) {
        wrong.add("a runtime was ended by the crash: " + use);
      }
    }
    if (!wrong.isEmpty()) {
      throw failure(name, wrong);
    }
  }

  private String logs() throws IOException {
    return "scheduler's log:\n"
        + installation.scheduler().logTail()
        + "\nstorage gateway's log:\n"
        + installation.storage().logTail();
  }

  /** Ends all sessions; then nothing may be left of any. */
  void drain() throws Exception {
    workload.hush();
    workload.awaitAnswers();
    workload.stopAll();
    long now = System.nanoTime();
    Outside seen = settled("at the end", now, PATIENCE);
    check("at the end", List.of(), seen);
    List<String> unexplained = history.violations();
    if (!unexplained.isEmpty()) {
      throw failure("at the end", unexplained);
    }
    if (!seen.runtimes().isEmpty() || !seen.uses().isEmpty() || !seen.mounts().isEmpty()) {
      throw new AssertionError("left at the end: " + seen.runtimes() + seen.uses() + seen.mounts());
    }
  }

  /** How many creations and ends were acknowledged. */
  int acknowledged() {
    return acknowledged.count();
  }

  /** How long each trial took to converge. */
  List<Duration> convergence() {
    return convergence;
  }

  @Override
  public void close() throws Exception {
    workload.close();
    agents.close();
    installation.close();
  }
}
