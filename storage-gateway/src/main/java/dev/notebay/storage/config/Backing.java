package dev.notebay.storage.config;

import dev.notebay.storage.core.file.MeteredFiles;
import dev.notebay.storage.core.file.RemoteFiles;
import dev.notebay.storage.core.file.Traffic;
import dev.notebay.storage.core.file.VolumeFiles;
import dev.notebay.storage.core.volume.ClaimCounts;
import dev.notebay.storage.core.volume.Meter;
import dev.notebay.storage.core.volume.VolumePolicy;
import dev.notebay.storage.core.volume.VolumeStore;
import dev.notebay.storage.core.volume.VolumeTree;
import dev.notebay.storage.files.DiskThreads;
import dev.notebay.storage.files.LocalFiles;
import dev.notebay.storage.files.LocalTree;
import dev.notebay.storage.kube.ClaimCensus;
import dev.notebay.storage.kube.ClaimSettings;
import dev.notebay.storage.kube.ClaimTree;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Consumer;

/**
 * What volumes are on: the disk of this machine, or a cluster.
 *
 * @param measure one round of measuring; of claims it is only counted how many there are
 * @param check throws what keeps volumes from being made here; an absent cluster refuses call by
 *     call instead
 * @param close gives everything back
 */
record Backing(
    VolumeTree tree, VolumeFiles files, Consumer<Instant> measure, Runnable check, Runnable close) {
  private static final int DISK_THREADS = 32;
  private static final Duration DISK_PATIENCE = Duration.ofSeconds(30);
  private static final Meter.Intervals MEASURED_EVERY =
      new Meter.Intervals(Duration.ofSeconds(20), Duration.ofMinutes(15));

  static Backing directories(
      Path volumes, VolumeStore store, VolumePolicy policy, Traffic traffic, InstantSource clock) {
    var disk = new DiskThreads(DISK_THREADS, DISK_PATIENCE);
    var tree = new LocalTree(volumes, disk, clock.instant());
    var meter = new Meter(store, tree, policy, clock, MEASURED_EVERY);
    return new Backing(
        tree,
        new MeteredFiles(new LocalFiles(tree, disk), meter, traffic),
        meter::runOnce,
        tree::check,
        disk::close);
  }

  static Backing claims(
      KubernetesClient client, ClaimSettings settings, VolumePolicy policy, ClaimCounts counts) {
    return new Backing(
        new ClaimTree(client, settings, policy),
        new RemoteFiles(),
        new ClaimCensus(client, settings, counts)::runOnce,
        () -> {},
        client::close);
  }
}
