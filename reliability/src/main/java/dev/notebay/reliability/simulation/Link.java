package dev.notebay.reliability.simulation;

import java.util.ArrayDeque;
import java.util.Queue;

/** One stream between an agent and a replica: in order both ways, until it breaks. */
final class Link {
  private final World world;
  private final SimAgent agent;
  private final SimReplica replica;
  private final int replicaIncarnation;
  private final Queue<Runnable> inbox = new ArrayDeque<>();
  private boolean open = true;
  private boolean handling;
  private long policyTold;
  private long lastArrival;

  Link(World world, SimAgent agent, SimReplica replica) {
    this.world = world;
    this.agent = agent;
    this.replica = replica;
    this.replicaIncarnation = replica.actor().incarnation();
  }

  SimAgent agent() {
    return agent;
  }

  SimReplica replica() {
    return replica;
  }

  /** Whether this end, at least, has not noticed that it is broken. */
  boolean isOpen() {
    return open && replica.actor().incarnation() == replicaIncarnation;
  }

  void close() {
    open = false;
  }

  /** Whether the replica has still to tell a policy of this generation. */
  boolean tellPolicy(long generation) {
    boolean news = generation > policyTold;
    policyTold = Math.max(policyTold, generation);
    return news;
  }

  /** Has the replica handle something, after all that was sent before. */
  void toReplica(long latency, Runnable handler) {
    lastArrival = Math.max(world.now() + latency, lastArrival);
    world.after(
        lastArrival - world.now(),
        replica.actor(),
        () -> {
          if (isOpen() && agent.isReachable()) {
            inbox.add(handler);
            handle();
          }
        });
  }

  private void handle() {
    if (handling) {
      return;
    }
    handling = true;
    world.spawn(
        replica.actor(),
        () -> {
          for (Runnable next = inbox.poll(); next != null; next = inbox.poll()) {
            next.run();
          }
          handling = false;
        });
  }

  /** Has the agent handle something. */
  void toAgent(long latency, Runnable handler) {
    world.after(
        latency,
        agent.actor(),
        () -> {
          if (isOpen() && agent.isReachable()) {
            handler.run();
          }
        });
  }

  /** The agent learns that the replica has ended it. */
  void endedByReplica(long latency, Runnable handler) {
    world.after(
        latency,
        agent.actor(),
        () -> {
          if (agent.isReachable()) {
            handler.run();
          }
        });
  }
}
