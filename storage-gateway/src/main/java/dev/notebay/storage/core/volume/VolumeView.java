package dev.notebay.storage.core.volume;

import java.util.List;
import java.util.Optional;

/** A volume with what is known of its use. */
public record VolumeView(Volume volume, Optional<Usage> usage, List<Mount> mounts) {
  public VolumeView {
    mounts = List.copyOf(mounts);
  }
}
