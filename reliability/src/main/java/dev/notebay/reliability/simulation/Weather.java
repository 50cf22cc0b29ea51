package dev.notebay.reliability.simulation;

import dev.notebay.scheduler.core.reconcile.Limits;
import java.time.Duration;
import java.util.SplittableRandom;

/**
 * What one seed's world is like: its size, its people, and how often which fault strikes. Every
 * seed draws a mix of its own (swarm testing: Groce et al., ISSTA 2012), in which each kind of
 * fault is left out now and then, since faults hide each other.
 *
 * @param storm how long faults last before all is healed; nanoseconds, as all times here
 * @param replicas of the scheduler
 * @param devicesPerNode of the one accelerator class that there is
 * @param sessionsPerUser how many sessions a user asks for, one after the other or at once
 * @param lost probability that a call to the store, cluster or gateway fails before it is done
 * @param unknown probability that it is done, and fails all the same
 * @param late probability that it fails, and is done up to {@code lateness} later
 * @param slow probability that a call takes seconds
 * @param linkBreak probability, each time an agent sends something, that its link breaks
 * @param listLag how old what a replica sees of the cluster may be; 0 for a consistent list
 * @param startFailure probability that a runtime fails while it starts
 * @param replicaCrash mean time between crashes of one replica; 0 for never, as below
 * @param replicaStall mean time between stalls of one replica
 * @param databaseOutage mean time between restarts of the database
 * @param gatewayOutage mean time between outages of the storage gateway
 * @param clusterOutage mean time between outages of the cluster's API
 * @param watchStall mean time between stalls of what one replica sees of the cluster
 * @param nodeLoss mean time between power cuts of one node
 * @param partition mean time between times in which one node cannot reach anybody
 * @param agentCrash mean time between crashes of one agent
 * @param runtimeCrash mean time between ends of a runtime with all that is in it
 * @param clockSkew how wrong clocks may be
 * @param haste whether users ask twice at the same time, and do not wait for answers
 */
record Weather(
    long storm,
    int replicas,
    int nodes,
    int devicesPerNode,
    int users,
    int sessionsPerUser,
    double lost,
    double unknown,
    double late,
    long lateness,
    double slow,
    double linkBreak,
    long listLag,
    double startFailure,
    long replicaCrash,
    long replicaStall,
    long databaseOutage,
    long gatewayOutage,
    long clusterOutage,
    long watchStall,
    long nodeLoss,
    long partition,
    long agentCrash,
    long runtimeCrash,
    long clockSkew,
    boolean haste,
    Limits limits) {
  private static final long SECOND = 1_000_000_000L;

  static Weather of(SplittableRandom random) {
    long storm = seconds(random, 20, random.nextInt(8) == 0 ? 400 : 90);
    return new Weather(
        storm,
        1 + random.nextInt(3),
        1 + random.nextInt(4),
        1 + random.nextInt(3),
        1 + random.nextInt(4),
        1 + random.nextInt(5),
        rate(random, 0.2),
        rate(random, 0.2),
        rate(random, 0.1),
        seconds(random, 1, 60),
        rate(random, 0.05),
        rate(random, 0.1),
        random.nextInt(3) == 0 ? 0 : seconds(random, 1, 20),
        rate(random, 0.2),
        interval(random, storm),
        interval(random, storm),
        interval(random, storm),
        interval(random, storm),
        interval(random, storm),
        interval(random, storm),
        interval(random, 2 * storm),
        interval(random, storm),
        interval(random, storm),
        interval(random, 2 * storm),
        random.nextInt(3) == 0 ? 0 : seconds(random, 1, 3600),
        random.nextBoolean(),
        new Limits(
            Duration.ofSeconds(random.nextInt(3) == 0 ? 120 : 15 + random.nextInt(30)),
            Duration.ofSeconds(random.nextInt(3) == 0 ? 20 : 2 + random.nextInt(10)),
            Duration.ofSeconds(random.nextInt(3) == 0 ? 180 : 5 + random.nextInt(60))));
  }

  /** A world in which nothing goes wrong by itself. */
  static Weather fine(int replicas, int nodes, int devicesPerNode, int users) {
    return new Weather(
        0,
        replicas,
        nodes,
        devicesPerNode,
        users,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        false,
        Limits.USUAL);
  }

  /** The same world with nothing going wrong. */
  Weather calm() {
    return new Weather(
        storm,
        replicas,
        nodes,
        devicesPerNode,
        users,
        sessionsPerUser,
        0,
        0,
        0,
        lateness,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        clockSkew,
        haste,
        limits);
  }

  private static double rate(SplittableRandom random, double most) {
    return random.nextInt(3) == 0 ? 0 : random.nextDouble() * most;
  }

  private static long interval(SplittableRandom random, long most) {
    return random.nextInt(3) == 0 ? 0 : random.nextLong(4 * SECOND, Math.max(5 * SECOND, most));
  }

  private static long seconds(SplittableRandom random, int least, int most) {
    return random.nextLong(least * SECOND, most * SECOND + 1);
  }
}
