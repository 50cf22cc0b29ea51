package dev.notebay.reliability.simulation;

import dev.notebay.scheduler.core.launch.LaunchRequest;
import dev.notebay.scheduler.core.launch.Launcher;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.launch.RuntimeView;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** One replica's way to the cluster: calls that may fail, and a picture that may be old. */
final class SimLauncher implements Launcher {
  private final World world;
  private final Network network;
  private final Cluster cluster;
  private final Actor replica;
  private long stalledSince;
  private long stalledUntil;

  SimLauncher(World world, Network network, Cluster cluster, Actor replica) {
    this.world = world;
    this.network = network;
    this.cluster = cluster;
    this.replica = replica;
  }

  /** What is seen of the cluster stays as it is now for a time. */
  void stallWatch(long nanos) {
    stalledSince = world.now();
    stalledUntil = world.now() + nanos;
  }

  void heal() {
    stalledUntil = 0;
  }

  private <T> T call(Supplier<T> work) {
    return network.call(
        replica,
        () -> {
          if (!cluster.isUp()) {
            throw unavailable();
          }
          return work.get();
        },
        SimLauncher::unavailable);
  }

  private static RuntimeException unavailable() {
    return new IllegalStateException("the cluster's API does not answer");
  }

  @Override
  public void launch(LaunchRequest request) {
    call(
        () -> {
          cluster.create(request);
          return true;
        });
  }

  @Override
  public List<RuntimeView> list() {
    if (world.now() < stalledUntil) {
      return cluster.asOf(stalledSince);
    }
    long lag = network.weather().listLag();
    return cluster.asOf(lag == 0 ? world.now() : world.now() - world.random().nextLong(lag + 1));
  }

  @Override
  public Optional<RuntimeView> look(RuntimeName name) {
    return call(() -> Optional.ofNullable(cluster.find(name)));
  }

  @Override
  public void terminate(RuntimeName name) {
    call(
        () -> {
          cluster.terminate(name);
          return true;
        });
  }

  @Override
  public void remove(RuntimeName name) {
    call(
        () -> {
          cluster.remove(name);
          return true;
        });
  }
}
