package dev.notebay.reliability.processes;

import dev.notebay.scheduler.kube.testing.Cluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * The scheduler of a cluster is killed at random moments, while it makes and removes pods and while
 * it starts; pods are deleted by hand besides. The API server is real, nodes and their kubelets are
 * played, agents are not there. Each trial can be run alone: {@code -Dreliability.seed=N
 * -Dreliability.kills=1}.
 */
@EnabledIfEnvironmentVariable(
    named = "KUBEBUILDER_ASSETS",
    matches = ".+",
    disabledReason = "kill -9 of a cluster's scheduler needs a real API server")
class ClusterKillIT {
  @RegisterExtension static final Cluster CLUSTER = new Cluster();

  /** Trials in one installation: what has ended stays in its database. */
  private static final int ROUND = 50;

  @TempDir Path directory = Path.of("");

  @Test
  void aKilledSchedulerLeavesPodsRowsAndDevicesInAgreement() throws Exception {
    long first = Long.getLong("reliability.seed", 1);
    long after = first + Scale.wanted().clusterKills();
    var figures = new Figures("kill -9 of a cluster's scheduler");
    int pods = 0;
    for (long round = first; round < after; round += ROUND) {
      try (var trials = new ClusterTrials(CLUSTER, directory.resolve("home" + round), round)) {
        for (long seed = round; seed < Math.min(round + ROUND, after); seed++) {
          kill(trials, new SplittableRandom(seed), "seed " + seed);
        }
        figures.add(trials.convergence(), trials.acknowledged());
        pods += trials.podsSeen();
      }
    }
    figures.print();
    System.out.println("reliability: pods that were bound meanwhile: " + pods);
  }

  private static void kill(ClusterTrials trials, SplittableRandom random, String name)
      throws Exception {
    Service scheduler = trials.installation().scheduler();
    Duration work = Duration.ofMillis(random.nextInt(20, 1500));
    boolean deletesPod = random.nextInt(3) == 0;
    boolean again = random.nextInt(5) == 0;
    Duration start = Duration.ofMillis(random.nextInt(3000));
    trials.run(
        name,
        () -> {
          Poll.pause(work);
          if (deletesPod) {
            trials.deleteAnyPod(random);
          }
          scheduler.kill();
          trials.workload().hush();
          scheduler.start();
          if (again) {
            Poll.pause(start);
            scheduler.kill();
            scheduler.start();
          }
        });
  }
}
