package dev.notebay.storage.core.mount;

import dev.notebay.storage.core.volume.AccessMode;
import dev.notebay.storage.core.volume.Mount;
import dev.notebay.storage.core.volume.SessionId;
import dev.notebay.storage.core.volume.Volume;
import dev.notebay.storage.core.volume.VolumeLife;
import java.util.List;

/**
 * Whether an attempt of a session may hold a volume.
 *
 * <p>Whoever decides by this does it atomically with what it decides on. Then: no attempt older
 * than the newest one seen of its session ever gets a mount, nor one that was unmounted, and at
 * most one session holds a single-writer volume. How full the volume is plays no part.
 */
public final class MountRule {
  private MountRule() {}

  /** What may happen. */
  public sealed interface Decision {
    /** The attempt may hold the volume, in place of older attempts of its session. */
    record Granted(Mount mount) implements Decision {}

    /** The attempt is over: a newer one of the session was seen, or this one was unmounted. */
    record Fenced(int oldestAllowed) implements Decision {}

    /** Another session is the volume's single writer. */
    record HeldBy(SessionId holder) implements Decision {}

    /** The volume is in the trash. */
    record InTrash() implements Decision {}
  }

  /** Where a session's fence is at least once {@code attempt} was seen wanting a mount. */
  public static int seen(int attempt) {
    return attempt;
  }

  /** Where a session's fence is at least once {@code upTo} was unmounted. */
  public static int unmounted(int upTo) {
    return upTo == Integer.MAX_VALUE ? upTo : upTo + 1;
  }

  /**
   * @param holders the volume's mounts now
   * @param oldestAllowed the fence of the wanted mount's session, raised by {@link #seen} already
   */
  public static Decision decide(
      Volume volume, List<Mount> holders, int oldestAllowed, Mount wanted) {
    if (wanted.attempt() < oldestAllowed) {
      return new Decision.Fenced(oldestAllowed);
    }
    if (!(volume.life() instanceof VolumeLife.Active)) {
      return new Decision.InTrash();
    }
    for (Mount holder : holders) {
      if (holder.session().equals(wanted.session())) {
        if (holder.attempt() == wanted.attempt()) {
          return new Decision.Granted(holder);
        }
      } else if (volume.accessMode() == AccessMode.SINGLE_WRITER) {
        return new Decision.HeldBy(holder.session());
      }
    }
    return new Decision.Granted(wanted);
  }
}
