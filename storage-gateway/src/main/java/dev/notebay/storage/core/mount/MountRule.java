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
 * than the newest one seen of its session ever gets a mount, and at most one session holds a
 * single-writer volume. How full the volume is plays no part.
 */
public final class MountRule {
  private MountRule() {}

  /** What may happen. */
  public sealed interface Decision {
    /** The attempt may hold the volume, in place of older attempts of its session. */
    record Granted(Mount mount) implements Decision {}

    /** A newer attempt of the session was seen. */
    record Fenced(int newest) implements Decision {}

    /** Another session is the volume's single writer. */
    record HeldBy(SessionId holder) implements Decision {}

    /** The volume is in the trash. */
    record InTrash() implements Decision {}
  }

  /**
   * @param holders the volume's mounts now
   * @param newestSeen the newest attempt seen of the wanted mount's session, this one included
   */
  public static Decision decide(Volume volume, List<Mount> holders, int newestSeen, Mount wanted) {
    if (wanted.attempt() < newestSeen) {
      return new Decision.Fenced(newestSeen);
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
