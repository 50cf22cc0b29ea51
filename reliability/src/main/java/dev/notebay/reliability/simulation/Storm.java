package dev.notebay.reliability.simulation;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes things go wrong, for as long as the storm lasts, and then heals what is still broken. */
final class Storm {
  private final World world;
  private final Network network;
  private final Database database;
  private final Cluster cluster;
  private final SimGateway gateway;
  private final List<SimReplica> replicas;

  Storm(Installation installation) {
    this.world = installation.world();
    this.network = installation.network();
    this.database = installation.database();
    this.cluster = installation.cluster();
    this.gateway = installation.gateway();
    this.replicas = installation.replicas();
  }

  void start() {
    Weather weather = network.weather();
    again(weather.databaseOutage(), () -> database.restart(world.between(100, 8_000)));
    again(weather.gatewayOutage(), () -> gateway.restart(world.between(100, 20_000)));
    again(weather.clusterOutage(), () -> cluster.restart(world.between(100, 20_000)));
    for (SimReplica replica : replicas) {
      again(weather.replicaCrash(), () -> crash(replica));
      again(weather.replicaStall(), () -> stall(replica));
      again(
          weather.watchStall(), () -> replica.launcher().stallWatch(world.between(1_000, 40_000)));
    }
    for (String node : cluster.nodes()) {
      again(weather.nodeLoss(), () -> lose(node));
      again(weather.partition(), () -> cutOff(node));
    }
    again(weather.agentCrash(), this::crashAnAgent);
    again(weather.runtimeCrash(), this::endARuntime);
    again(weather.clockSkew() == 0 ? 0 : weather.storm() / 3, this::setAClock);
  }

  /** Lets something happen again and again, at times that nobody can foresee. */
  private void again(long mean, Runnable fault) {
    if (mean == 0) {
      return;
    }
    long wait = world.random().nextLong(2 * mean);
    if (world.now() + wait < network.weather().storm()) {
      world.after(
          wait,
          () -> {
            fault.run();
            again(mean, fault);
          });
    }
  }

  private boolean isOver() {
    return world.now() >= network.weather().storm();
  }

  private void crash(SimReplica replica) {
    if (replica.actor().isUp()) {
      replica.crash();
      int incarnation = replica.actor().incarnation();
      world.after(
          world.between(100, 15_000),
          () -> {
            if (!replica.actor().isUp() && replica.actor().incarnation() == incarnation) {
              replica.start();
            }
          });
    }
  }

  private void stall(SimReplica replica) {
    long length = Math.min(world.between(500, 40_000), network.weather().storm() - world.now());
    world.trace(() -> replica.actor() + " stalls for " + length / 1_000_000 + " ms");
    replica.actor().stall(world.now() + length);
  }

  private void lose(String node) {
    cluster.cutPower(node);
    world.after(
        world.between(1_000, 30_000),
        () -> {
          if (!isOver() && world.random().nextBoolean()) {
            cluster.declareDead(node);
          }
        });
    world.after(
        world.between(1_000, 60_000),
        () -> {
          if (!cluster.machine(node).isPowered()) {
            cluster.restorePower(node);
          }
        });
  }

  private void cutOff(String node) {
    cluster.cutOff(node);
    world.after(world.between(500, 60_000), () -> cluster.reconnect(node));
  }

  private void crashAnAgent() {
    SimAgent agent = anyAgent();
    if (agent != null) {
      agent.crash(world.between(100, 3_000));
    }
  }

  private void endARuntime() {
    SimAgent agent = anyAgent();
    if (agent != null) {
      agent.fail();
    }
  }

  private void setAClock() {
    SimAgent agent = anyAgent();
    if (agent != null) {
      agent.clocks().jump(network.weather());
    }
  }

  private @Nullable SimAgent anyAgent() {
    List<SimAgent> agents = new ArrayList<>();
    for (Pod pod : cluster.pods()) {
      SimAgent agent = pod.agent();
      if (agent != null && agent.isReachable()) {
        agents.add(agent);
      }
    }
    return agents.isEmpty() ? null : agents.get(world.random().nextInt(agents.size()));
  }

  /** Everything works again. */
  void end() {
    world.trace(() -> "---- the storm is over");
    network.change(network.weather().calm());
    database.heal();
    gateway.heal();
    cluster.heal();
    for (SimReplica replica : replicas) {
      replica.launcher().heal();
      if (!replica.actor().isUp()) {
        replica.start();
      }
    }
  }
}
