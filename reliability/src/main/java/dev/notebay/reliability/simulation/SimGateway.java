package dev.notebay.reliability.simulation;

import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.volume.Volumes;
import java.util.Map;
import java.util.TreeMap;

/**
 * The storage gateway: who holds which single-writer volume, durably, with a fence for each session
 * below which no attempt may mount.
 */
final class SimGateway {
  private final World world;
  private final Map<String, RuntimeName> holders = new TreeMap<>();
  private final Map<SessionId, Integer> fences = new TreeMap<>();
  private long awayUntil;

  SimGateway(World world) {
    this.world = world;
  }

  boolean isUp() {
    return world.now() >= awayUntil;
  }

  void restart(long nanos) {
    world.trace(() -> "storage gateway away for " + nanos / 1_000_000 + " ms");
    awayUntil = world.now() + nanos;
  }

  void heal() {
    awayUntil = world.now();
  }

  /** Who holds which volume, by owner and volume. */
  Map<String, RuntimeName> holders() {
    return holders;
  }

  private Volumes.Mounting mount(Owner owner, String volume, RuntimeName runtime) {
    String key = owner.subject() + "/" + volume;
    int fence = fences.merge(runtime.session(), runtime.attempt(), Math::max);
    if (runtime.attempt() < fence) {
      return new Volumes.Mounting.Refused("an attempt of the session that is over");
    }
    RuntimeName holder = holders.get(key);
    if (holder != null && !holder.session().equals(runtime.session())) {
      return new Volumes.Mounting.InUse("in use by session " + holder.session());
    }
    holders.put(key, runtime);
    return new Volumes.Mounting.Mounted("/volumes/" + key);
  }

  private void unmount(RuntimeName runtime) {
    fences.merge(runtime.session(), runtime.attempt() + 1, Math::max);
    holders
        .values()
        .removeIf(
            holder ->
                holder.session().equals(runtime.session())
                    && holder.attempt() <= runtime.attempt());
  }

  /** One replica's way to it. */
  Volumes of(Network network, Actor replica) {
    return new Volumes() {
      @Override
      public Mounting mount(Owner owner, String volume, RuntimeName runtime, String node) {
        try {
          return network.call(
              replica,
              () -> {
                requireUp();
                return SimGateway.this.mount(owner, volume, runtime);
              },
              Away::new);
        } catch (Away away) {
          return new Mounting.Unavailable("the storage gateway does not answer");
        }
      }

      @Override
      public boolean unmount(RuntimeName runtime) {
        try {
          return network.call(
              replica,
              () -> {
                requireUp();
                SimGateway.this.unmount(runtime);
                return true;
              },
              Away::new);
        } catch (Away away) {
          return false;
        }
      }
    };
  }

  private void requireUp() {
    if (!isUp()) {
      throw new Away();
    }
  }

  private static final class Away extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }
}
