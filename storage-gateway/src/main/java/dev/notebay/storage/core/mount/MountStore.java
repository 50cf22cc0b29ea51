package dev.notebay.storage.core.mount;

import dev.notebay.storage.core.volume.Mount;
import dev.notebay.storage.core.volume.SessionId;
import dev.notebay.storage.core.volume.VolumeUid;
import java.util.Optional;

/**
 * Where mounts are kept. Every implementation passes {@code MountStoreContract}. All methods are
 * atomic, and serialised per session and per volume.
 */
public interface MountStore {
  /**
   * Notes that {@code wanted}'s attempt was seen, whatever is decided; decides by {@link
   * MountRule}; and records a granted mount in place of the session's older ones of this volume.
   *
   * @return empty where there is no such volume (any more)
   */
  Optional<MountRule.Decision> mount(VolumeUid volume, Mount wanted);

  /**
   * Forgets the session's mounts of attempts up to {@code upTo}, and fences these: a mount of
   * theirs that comes later is refused.
   *
   * @return how many were forgotten
   */
  int unmount(SessionId session, int upTo);
}
