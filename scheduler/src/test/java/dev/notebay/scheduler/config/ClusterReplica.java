package dev.notebay.scheduler.config;

import dev.notebay.scheduler.core.launch.LaunchRequest;
import dev.notebay.scheduler.core.launch.Launcher;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.launch.RuntimeView;
import dev.notebay.scheduler.kube.KubeClient;
import dev.notebay.scheduler.kube.KubeSettings;
import dev.notebay.scheduler.postgres.PostgresLeaderLease;
import dev.notebay.scheduler.postgres.RealPostgres;
import io.fabric8.kubernetes.client.Config;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/** A whole scheduler on a cluster, which can be killed. */
final class ClusterReplica implements AutoCloseable {
  private final KubeRuntimes runtimes;
  private final Gate gate;
  private final Replica replica;

  private ClusterReplica(KubeRuntimes runtimes, Gate gate, Replica replica) {
    this.runtimes = runtimes;
    this.gate = gate;
    this.replica = replica;
  }

  /**
   * Started, with its caches in step.
   *
   * @param launches whether its launches reach the cluster; one that dies first has none
   */
  static ClusterReplica start(
      Path home, RealPostgres postgres, Config config, KubeSettings settings, boolean launches)
      throws IOException {
    KubeRuntimes runtimes =
        KubeRuntimes.start(
            KubeClient.of(config),
            settings,
            Replica.settings(home),
            InstantSource.system(),
            new SimpleMeterRegistry());
    var gate = new Gate(runtimes.launcher(), launches);
    Replica replica =
        Replica.start(home, postgres.another(), PostgresLeaderLease::new, gate, runtimes.fleet());
    runtimes.serve(replica.scheduler());
    return new ClusterReplica(runtimes, gate, replica);
  }

  Replica replica() {
    return replica;
  }

  /** Launches that were asked for, whether or not they reach the cluster. */
  int asked() {
    return gate.asked;
  }

  /** Ends without a word to anybody: what is under way may or may not be done. */
  void kill() {
    runtimes.client().close();
    runtimes.close();
    replica.kill();
  }

  @Override
  public void close() {
    replica.close();
    runtimes.close();
  }

  /** Lets launches through, or not. */
  private static final class Gate implements Launcher {
    private final Launcher launcher;
    private final boolean open;
    private volatile int asked;

    Gate(Launcher launcher, boolean open) {
      this.launcher = launcher;
      this.open = open;
    }

    @Override
    public void launch(LaunchRequest request) {
      asked++;
      if (open) {
        launcher.launch(request);
      }
    }

    @Override
    public List<RuntimeView> list() {
      return launcher.list();
    }

    @Override
    public Optional<RuntimeView> look(RuntimeName name) {
      return launcher.look(name);
    }

    @Override
    public void terminate(RuntimeName name) {
      launcher.terminate(name);
    }

    @Override
    public void remove(RuntimeName name) {
      launcher.remove(name);
    }
  }
}
