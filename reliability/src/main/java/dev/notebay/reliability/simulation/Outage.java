package dev.notebay.reliability.simulation;

import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Compute;
import dev.notebay.scheduler.core.session.Policy;
import dev.notebay.scheduler.core.session.RequestKey;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionSpec;
import dev.notebay.scheduler.core.session.SessionState.Running;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/**
 * All schedulers and the database are away for some time while sessions run: nothing of them may be
 * lost, and soon after the return all must be as before.
 */
public final class Outage {
  private static final int NODES = 10;
  private static final int DEVICES = 5;
  private static final int USERS = 10;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private Outage() {}

  /**
   * What it has cost.
   *
   * @param kernels how many ran before
   * @param lost how many of these do not run after
   * @param settled how long after the return of scheduler and database all was as it should be
   */
  public record Result(int kernels, int lost, Duration settled) {}

  /** Lets {@link #NODES} times {@link #DEVICES} sessions run through an outage. */
  public static Result run(long seed, Duration length) {
    var world = new World(seed, null);
    var installation = new Installation(world, Weather.fine(3, NODES, DEVICES, USERS));
    installation.replicas().forEach(SimReplica::start);
    installation.users().forEach(user -> ask(world, user));
    world.runUntil(world.between(20_000, 21_000));
    installation.settle(PATIENCE);
    int before = installation.truth().kernels();

    installation.replicas().forEach(SimReplica::crash);
    installation.database().restart(length.toNanos());
    world.runUntil(world.now() + length.toNanos());
    installation.replicas().forEach(SimReplica::start);
    Duration settled = installation.settle(PATIENCE);

    int lost = before;
    for (Session session : installation.truth().sessions()) {
      if (session.state() instanceof Running
          && session.attempt() == 1
          && installation.truth().runs(session.id())) {
        lost--;
      }
    }
    return new Result(before, lost, settled);
  }

  private static void ask(World world, SimUser user) {
    var spec =
        new SessionSpec(
            "",
            new Accelerator(Installation.ACCELERATOR, 1),
            new Compute(100, 1 << 20),
            Optional.empty(),
            new Policy(Duration.ofHours(2), Duration.ofHours(12), Duration.ZERO));
    for (int i = 0; i < NODES * DEVICES / USERS; i++) {
      user.ask(
          spec,
          new RequestKey(new UUID(world.random().nextLong(), world.random().nextLong()), "digest"));
    }
  }
}
