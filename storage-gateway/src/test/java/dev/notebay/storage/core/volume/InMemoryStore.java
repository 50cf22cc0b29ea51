package dev.notebay.storage.core.volume;

import dev.notebay.storage.core.mount.MountRule;
import dev.notebay.storage.core.mount.MountRule.Decision;
import dev.notebay.storage.core.mount.MountStore;
import dev.notebay.storage.core.volume.StorageException.VolumeMounted;
import dev.notebay.storage.core.volume.VolumeLife.Active;
import dev.notebay.storage.core.volume.VolumeLife.Deleted;
import dev.notebay.storage.core.volume.VolumeLife.Purging;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Fake used by every test that is not about SQL. One lock is its transaction. */
public final class InMemoryStore implements VolumeStore, MountStore {
  private record OwnRequest(Owner owner, RequestId id) {}

  private record Made(String digest, VolumeUid uid) {}

  private final Map<VolumeUid, Volume> volumes = new LinkedHashMap<>();
  private final Map<VolumeUid, Usage> usages = new HashMap<>();
  private final Map<VolumeUid, Map<SessionId, Mount>> mounts = new HashMap<>();
  private final Map<OwnRequest, Made> requests = new HashMap<>();
  private final Map<SessionId, Integer> fences = new HashMap<>();

  @Override
  public synchronized Inserted insert(
      Volume volume, Optional<Request> request, int maximumOfOwner) {
    if (request.isPresent()) {
      Made made = requests.get(new OwnRequest(volume.owner(), request.get().id()));
      Volume before = made == null ? null : volumes.get(made.uid());
      if (made != null && before != null && !(before.life() instanceof Purging)) {
        return made.digest().equals(request.get().digest())
            ? new Inserted.Before(before)
            : new Inserted.OtherRequest();
      }
    }
    Optional<VolumeView> there = find(volume.owner(), volume.id());
    if (there.isPresent()) {
      return new Inserted.Exists(there.get().volume());
    }
    if (visible(volume.owner()).count() >= maximumOfOwner) {
      return new Inserted.TooMany();
    }
    volumes.put(volume.uid(), volume);
    request.ifPresent(
        r ->
            requests.put(
                new OwnRequest(volume.owner(), r.id()), new Made(r.digest(), volume.uid())));
    return new Inserted.Made();
  }

  private Stream<Volume> visible(Owner owner) {
    return volumes.values().stream()
        .filter(volume -> volume.owner().equals(owner))
        .filter(volume -> !(volume.life() instanceof Purging));
  }

  @Override
  public synchronized Optional<VolumeView> find(Owner owner, VolumeId id) {
    return visible(owner).filter(volume -> volume.id().equals(id)).map(this::view).findFirst();
  }

  private VolumeView view(Volume volume) {
    return new VolumeView(
        volume, Optional.ofNullable(usages.get(volume.uid())), mountsOf(volume.uid()));
  }

  private List<Mount> mountsOf(VolumeUid uid) {
    return mounts.getOrDefault(uid, Map.of()).values().stream()
        .sorted(
            Comparator.comparing(Mount::since).thenComparing(mount -> mount.session().toString()))
        .toList();
  }

  @Override
  public synchronized List<VolumeView> list(
      Owner owner, Optional<VolumeId> after, boolean withDeleted, int limit) {
    return visible(owner)
        .filter(volume -> withDeleted || volume.life() instanceof Active)
        .filter(volume -> after.isEmpty() || volume.id().compareTo(after.get()) > 0)
        .sorted(Comparator.comparing(Volume::id))
        .limit(limit)
        .map(this::view)
        .toList();
  }

  @Override
  public synchronized boolean replace(Volume next) {
    Volume now = volumes.get(next.uid());
    if (now == null || now.version() != next.version() - 1) {
      return false;
    }
    volumes.put(next.uid(), next);
    return true;
  }

  @Override
  public synchronized boolean replaceUnmounted(Volume next) {
    int mounted = mountsOf(next.uid()).size();
    if (mounted > 0) {
      throw new VolumeMounted(next.id(), mounted);
    }
    return replace(next);
  }

  @Override
  public synchronized List<Volume> expired(Instant now, int limit) {
    return all(
        volume -> volume.life() instanceof Deleted(_, var expires) && !expires.isAfter(now), limit);
  }

  @Override
  public synchronized List<Volume> purging(int limit) {
    return all(volume -> volume.life() instanceof Purging, limit);
  }

  private List<Volume> all(Predicate<Volume> wanted, int limit) {
    return volumes.values().stream().filter(wanted).limit(limit).toList();
  }

  @Override
  public synchronized void forget(VolumeUid uid) {
    Volume volume = volumes.get(uid);
    if (volume != null && volume.life() instanceof Purging) {
      volumes.remove(uid);
      usages.remove(uid);
      requests.values().removeIf(made -> made.uid().equals(uid));
    }
  }

  @Override
  public synchronized void measured(VolumeUid uid, Usage usage) {
    usages.merge(uid, usage, (old, now) -> now.measuredAt().isBefore(old.measuredAt()) ? old : now);
  }

  @Override
  public synchronized List<Volume> notMeasuredSince(Instant mounted, Instant others, int limit) {
    return all(
        volume -> {
          Usage usage = usages.get(volume.uid());
          return volume.life() instanceof Active
              && (usage == null
                  || usage.measuredAt().isBefore(others)
                  || (usage.measuredAt().isBefore(mounted) && !mountsOf(volume.uid()).isEmpty()));
        },
        limit);
  }

  @Override
  public synchronized Totals totals() {
    List<Volume> active = all(volume -> volume.life() instanceof Active, Integer.MAX_VALUE);
    return new Totals(
        active.size(),
        all(volume -> volume.life() instanceof Deleted, Integer.MAX_VALUE).size(),
        purging(Integer.MAX_VALUE).size(),
        mounts.values().stream().mapToLong(Map::size).sum(),
        usages.values().stream().mapToLong(Usage::usedBytes).sum(),
        active.stream().mapToLong(volume -> volume.quota().bytes()).sum(),
        active.stream().filter(volume -> volume.quota().bytes() == 0).count());
  }

  @Override
  public synchronized Optional<Decision> mount(VolumeUid uid, Mount wanted) {
    int fence = fences.merge(wanted.session(), MountRule.seen(wanted.attempt()), Math::max);
    Volume volume = volumes.get(uid);
    if (volume == null) {
      return Optional.empty();
    }
    Decision decision = MountRule.decide(volume, mountsOf(uid), fence, wanted);
    if (decision instanceof Decision.Granted(var mount)) {
      mounts.computeIfAbsent(uid, _ -> new HashMap<>()).put(mount.session(), mount);
    }
    return Optional.of(decision);
  }

  @Override
  public synchronized int unmount(SessionId session, int upTo) {
    fences.merge(session, MountRule.unmounted(upTo), Math::max);
    List<VolumeUid> released = new ArrayList<>();
    mounts.forEach(
        (uid, of) -> {
          Mount mount = of.get(session);
          if (mount != null && mount.attempt() <= upTo) {
            released.add(uid);
          }
        });
    released.forEach(uid -> mounts.getOrDefault(uid, new HashMap<>()).remove(session));
    return released.size();
  }
}
