package dev.notebay.storage.metrics;

import dev.notebay.storage.core.file.Traffic;
import dev.notebay.storage.core.volume.ClaimCounts;
import dev.notebay.storage.core.volume.ClaimCounts.Counts;
import dev.notebay.storage.core.volume.StorageException.DatabaseUnavailable;
import dev.notebay.storage.core.volume.VolumePolicy;
import dev.notebay.storage.core.volume.VolumeStore;
import dev.notebay.storage.core.volume.VolumeStore.Totals;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.ToDoubleFunction;

/** Sums over all volumes and users. A sum that cannot be read is not a number. */
public final class StorageMetrics {
  private StorageMetrics() {}

  public static void register(
      MeterRegistry registry, VolumeStore store, Traffic traffic, VolumePolicy policy) {
    volumes(registry, store, "active", Totals::active);
    volumes(registry, store, "deleted", Totals::deleted);
    volumes(registry, store, "purging", Totals::purging);
    gauge(registry, store, "notebay.storage.mounts", "Mounts held by sessions", Totals::mounts);
    gauge(
        registry,
        store,
        "notebay.storage.volume.used.bytes",
        "Bytes that all volumes together hold, as last measured",
        Totals::usedBytes);
    gauge(
        registry,
        store,
        "notebay.storage.volume.quota.bytes",
        "Bytes that all active volumes together may hold",
        totals ->
            totals.quotaBytes() + (double) totals.defaultQuotas() * policy.defaultQuota().bytes());
    FunctionCounter.builder("notebay.storage.files.read.bytes", traffic, Traffic::bytesRead)
        .description("Bytes of files sent to callers")
        .register(registry);
    FunctionCounter.builder("notebay.storage.files.written.bytes", traffic, Traffic::bytesWritten)
        .description("Bytes of files taken from callers")
        .register(registry);
  }

  /** What a cluster holds; nothing where volumes are directories. */
  public static void register(MeterRegistry registry, ClaimCounts claims) {
    claims(registry, claims, "unused", Counts::unused);
    claims(registry, claims, "waiting", Counts::waiting);
    claims(registry, claims, "bound", Counts::bound);
    claims(registry, claims, "lost", Counts::lost);
  }

  private static void claims(
      MeterRegistry registry, ClaimCounts claims, String phase, ToDoubleFunction<Counts> number) {
    Gauge.builder("notebay.storage.claims", claims, all -> number.applyAsDouble(all.last()))
        .description("Claims of volumes by phase, counted once a minute")
        .tag("phase", phase)
        .strongReference(true)
        .register(registry);
  }

  private static void volumes(
      MeterRegistry registry, VolumeStore store, String state, ToDoubleFunction<Totals> number) {
    Gauge.builder("notebay.storage.volumes", store, all -> read(all, number))
        .description("Volumes by state")
        .tag("state", state)
        .strongReference(true)
        .register(registry);
  }

  private static void gauge(
      MeterRegistry registry,
      VolumeStore store,
      String name,
      String description,
      ToDoubleFunction<Totals> number) {
    Gauge.builder(name, store, all -> read(all, number))
        .description(description)
        .strongReference(true)
        .register(registry);
  }

  private static double read(VolumeStore store, ToDoubleFunction<Totals> number) {
    try {
      return number.applyAsDouble(store.totals());
    } catch (DatabaseUnavailable away) {
      return Double.NaN;
    }
  }
}
