package dev.notebay.storage.core.volume;

import dev.notebay.storage.core.volume.StorageException.QuotaExceeded;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Knows how full volumes are.
 *
 * <ol>
 *   <li>Volumes are measured by walking them: those that were written through this service, those
 *       that a session has mounted, and now and then all others.
 *   <li>Between two measurements, what this service wrote is added, and what it is about to write
 *       is reserved, so that many writers together stay within the quota too.
 * </ol>
 *
 * <p>A volume is measured at most once per interval, however much is written.
 */
public final class Meter {
  private static final System.Logger LOG = System.getLogger(Meter.class.getName());
  private static final int BATCH = 50;

  private final VolumeStore store;
  private final VolumeSizes sizes;
  private final VolumePolicy policy;
  private final InstantSource clock;
  private final Intervals intervals;
  private final Map<VolumeUid, Account> accounts = new ConcurrentHashMap<>();

  /** How old a measurement may become: of volumes in use, and of all others. */
  public record Intervals(Duration inUse, Duration others) {}

  public Meter(
      VolumeStore store,
      VolumeSizes sizes,
      VolumePolicy policy,
      InstantSource clock,
      Intervals intervals) {
    this.store = store;
    this.sizes = sizes;
    this.policy = policy;
    this.clock = clock;
    this.intervals = intervals;
  }

  /** What is known of one volume. Guarded by itself. */
  private static final class Account {
    private final Volume volume;
    private long measuredBytes;
    private Instant measuredAt;
    private long writtenSince;
    private long reserved;
    private boolean written;

    Account(Volume volume, Usage usage) {
      this.volume = volume;
      this.measuredBytes = usage.usedBytes();
      this.measuredAt = usage.measuredAt();
    }

    private long used() {
      return Math.max(0, measuredBytes + writtenSince) + reserved;
    }
  }

  /**
   * Sets {@code bytes} of the volume aside for a file that is being written.
   *
   * @throws QuotaExceeded where they are more than is left
   */
  public void reserve(Volume volume, long bytes) {
    Account account = account(volume);
    long quota = policy.quotaOf(volume).bytes();
    synchronized (account) {
      if (bytes > quota - account.used()) {
        throw new QuotaExceeded(volume.id(), quota, account.used(), bytes);
      }
      account.reserved += bytes;
    }
  }

  /** Gives back what was reserved and did not become a file. */
  public void release(Volume volume, long bytes) {
    Account account = account(volume);
    synchronized (account) {
      account.reserved -= bytes;
    }
  }

  /** What was reserved has become a file, in place of one of {@code replacedBytes}. */
  public void written(Volume volume, long bytes, long replacedBytes) {
    Account account = account(volume);
    synchronized (account) {
      account.reserved -= bytes;
      account.writtenSince += bytes - replacedBytes;
      account.written = true;
    }
  }

  private Account account(Volume volume) {
    Account known = accounts.get(volume.uid());
    if (known != null) {
      return known;
    }
    Usage usage =
        store
            .find(volume.owner(), volume.id())
            .flatMap(VolumeView::usage)
            .orElseGet(() -> measure(volume));
    return accounts.computeIfAbsent(volume.uid(), _ -> new Account(volume, usage));
  }

  /** Walks the volume and keeps what it found. */
  private Usage measure(Volume volume) {
    Instant began = clock.instant();
    VolumeSizes.Size size = sizes.measure(volume.uid());
    var usage = new Usage(size.bytes(), size.files(), began);
    store.measured(volume.uid(), usage);
    return usage;
  }

  /** One round at {@code now}; returns how many volumes were measured. */
  public int runOnce(Instant now) {
    Map<VolumeUid, Volume> due = new LinkedHashMap<>();
    writtenBefore(now.minus(intervals.inUse())).forEach(v -> due.put(v.uid(), v));
    store
        .notMeasuredSince(now.minus(intervals.inUse()), now.minus(intervals.others()), BATCH)
        .forEach(volume -> due.put(volume.uid(), volume));
    int measured = 0;
    for (Volume volume : due.values()) {
      try {
        remeasure(volume);
        measured++;
      } catch (StorageException.DiskUnavailable | StorageException.FileNotAllowed failure) {
        LOG.log(
            System.Logger.Level.WARNING,
            "volume not measured volume=" + volume.uid() + " cause=" + failure.getMessage());
      }
    }
    return measured;
  }

  private List<Volume> writtenBefore(Instant bound) {
    List<Account> written = new ArrayList<>();
    for (Account account : accounts.values()) {
      synchronized (account) {
        if (account.written && account.measuredAt.isBefore(bound)) {
          written.add(account);
        }
      }
    }
    return written.stream()
        .map(account -> account.volume)
        .sorted(Comparator.comparing(volume -> volume.uid().value()))
        .limit(BATCH)
        .toList();
  }

  private void remeasure(Volume volume) {
    Account account = accounts.get(volume.uid());
    long before = 0;
    if (account != null) {
      synchronized (account) {
        before = account.writtenSince;
        account.written = false;
      }
    }
    Usage usage = measure(volume);
    if (account != null) {
      synchronized (account) {
        account.measuredBytes = usage.usedBytes();
        account.measuredAt = usage.measuredAt();
        // What was written while it walked may be counted twice until the next round, never missed.
        account.writtenSince -= before;
      }
    }
  }
}
