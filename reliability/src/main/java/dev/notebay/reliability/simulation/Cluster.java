package dev.notebay.reliability.simulation;

import dev.notebay.scheduler.core.launch.LaunchRequest;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.launch.RuntimeView;
import dev.notebay.scheduler.core.session.EndReason;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The machines and what runs on them, with an API that keeps an object for each runtime, as
 * Kubernetes does: an object says what is wanted and what was last seen, and a kubelet on each node
 * makes it so, when it can.
 */
final class Cluster {
  private static final long RETRY = 1_000_000_000L;

  private final World world;
  private final Network network;
  private final Truth truth;
  private final Function<Pod, SimAgent> agents;
  private final Map<RuntimeName, Pod> pods = new TreeMap<>();
  private final Map<String, Machine> machines = new TreeMap<>();
  private final List<Picture> history = new ArrayList<>();
  private long awayUntil;
  private int uids;

  /** All objects as they were from a time on. */
  private record Picture(long since, List<RuntimeView> views) {}

  /** A node. */
  static final class Machine {
    private boolean powered = true;
    private boolean reachable = true;
    private boolean deleted;

    boolean isPowered() {
      return powered;
    }

    /** Whether anything on it can talk to anything elsewhere. */
    boolean isReachable() {
      return powered && reachable;
    }
  }

  Cluster(World world, Network network, Truth truth, Function<Pod, SimAgent> agents) {
    this.world = world;
    this.network = network;
    this.truth = truth;
    this.agents = agents;
    history.add(new Picture(0, List.of()));
  }

  void add(String node) {
    machines.put(node, new Machine());
  }

  Machine machine(String node) {
    Machine machine = machines.get(node);
    if (machine == null) {
      throw new IllegalArgumentException("node: " + node);
    }
    return machine;
  }

  List<String> nodes() {
    return List.copyOf(machines.keySet());
  }

  Iterable<Pod> pods() {
    return List.copyOf(pods.values());
  }

  boolean isUp() {
    return world.now() >= awayUntil;
  }

  void restart(long nanos) {
    world.trace(() -> "cluster API away for " + nanos / 1_000_000 + " ms");
    awayUntil = world.now() + nanos;
  }

  // ---- the API ----------------------------------------------------------------------------------

  /** Makes an object, unless there is one of this name. */
  void create(LaunchRequest request) {
    if (pods.containsKey(request.name())) {
      return;
    }
    var pod = new Pod(request, "uid-" + ++uids);
    pods.put(request.name(), pod);
    changed();
    world.trace(() -> "created " + pod + " on " + pod.node() + request.assignment().devices());
    world.after(world.between(50, 6_000), () -> start(pod));
  }

  @Nullable RuntimeView find(RuntimeName name) {
    Pod pod = pods.get(name);
    return pod == null ? null : pod.view();
  }

  /** Every object, as at {@code time} in nanoseconds. */
  List<RuntimeView> asOf(long time) {
    int i = history.size() - 1;
    while (i > 0 && history.get(i).since() > time) {
      i--;
    }
    return history.get(i).views();
  }

  void terminate(RuntimeName name) {
    Pod pod = pods.get(name);
    if (pod != null && !pod.isEnded() && !pod.isTerminating()) {
      world.trace(() -> "terminating " + pod);
      pod.terminate();
      world.after(world.between(100, 3_000), () -> kill(pod));
    }
  }

  void remove(RuntimeName name) {
    Pod pod = pods.get(name);
    if (pod != null && pod.isEnded()) {
      world.trace(() -> "removed " + pod);
      pods.remove(name);
      changed();
    }
  }

  private void changed() {
    history.add(new Picture(world.now(), pods.values().stream().map(Pod::view).toList()));
  }

  // ---- the kubelets -----------------------------------------------------------------------------

  private void start(Pod pod) {
    if (pod.isEnded() || pod.isTerminating() || pod.agent() != null) {
      return;
    }
    if (!machine(pod.node()).isReachable()) {
      world.after(RETRY, () -> start(pod));
      return;
    }
    if (world.chance(network.weather().startFailure())) {
      ended(pod, EndReason.START_FAILED, "the image cannot be pulled");
      return;
    }
    world.trace(() -> "started " + pod);
    SimAgent agent = agents.apply(pod);
    pod.run(agent);
    agent.start();
  }

  private void kill(Pod pod) {
    if (pod.isEnded()) {
      return;
    }
    if (!machine(pod.node()).isReachable()) {
      world.after(RETRY, () -> kill(pod));
      return;
    }
    SimAgent agent = pod.agent();
    if (agent != null) {
      truth.killed(pod);
      agent.die();
    }
    ended(pod, EndReason.RUNTIME_LOST, "terminated");
  }

  /** The processes of a pod have ended by themselves. */
  void exited(Pod pod, EndReason reason, String message) {
    if (pod.isEnded()) {
      return;
    }
    if (!machine(pod.node()).isReachable()) {
      world.after(RETRY, () -> exited(pod, reason, message));
      return;
    }
    ended(pod, reason, message);
  }

  private void ended(Pod pod, EndReason reason, String message) {
    world.trace(() -> "ended " + pod + " " + reason + " " + message);
    pod.end(reason, message, world.time());
    changed();
  }

  // ---- what befalls machines
  // ----------------------------------------------------------------------

  /** Everything on a node stops; nobody is told. */
  void cutPower(String node) {
    world.trace(() -> "power cut on " + node);
    machine(node).powered = false;
    for (Pod pod : pods()) {
      SimAgent agent = pod.agent();
      if (pod.node().equals(node) && agent != null && !pod.isEnded()) {
        agent.die();
      }
    }
  }

  /** A node comes back, empty, and its kubelet says so. */
  void restorePower(String node) {
    world.trace(() -> "power back on " + node);
    Machine machine = machine(node);
    machine.powered = true;
    machine.deleted = false;
    for (Pod pod : pods()) {
      if (pod.node().equals(node) && pod.agent() != null && !pod.isEnded()) {
        ended(pod, EndReason.RUNTIME_LOST, "its node was restarted");
      }
    }
  }

  /** An operator has made sure that a node is dead, and says so. */
  void declareDead(String node) {
    if (machine(node).powered || machine(node).deleted) {
      return;
    }
    world.trace(() -> "declared dead: " + node);
    machine(node).deleted = true;
    for (Pod pod : pods()) {
      if (pod.node().equals(node) && !pod.isEnded()) {
        ended(pod, EndReason.NODE_LOST, "its node is gone");
      }
    }
  }

  void cutOff(String node) {
    world.trace(() -> "cut off: " + node);
    machine(node).reachable = false;
  }

  void reconnect(String node) {
    world.trace(() -> "reachable again: " + node);
    machine(node).reachable = true;
  }

  void heal() {
    awayUntil = world.now();
    for (String node : nodes()) {
      if (!machine(node).powered) {
        restorePower(node);
      }
      reconnect(node);
    }
  }
}
