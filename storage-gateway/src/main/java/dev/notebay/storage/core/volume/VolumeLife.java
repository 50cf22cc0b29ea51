package dev.notebay.storage.core.volume;

import java.time.Instant;

/**
 * Where a volume is in its life. Each state carries only what is true in it.
 *
 * <pre>{@code
 * stateDiagram-v2
 *   [*] --> Active: create
 *   Active --> Deleted: delete (never while mounted)
 *   Active --> Purging: its place was refused when it was made
 *   Deleted --> Active: undelete
 *   Deleted --> Purging: expiresAt has come
 *   Purging --> [*]: its files are gone
 * }</pre>
 */
public sealed interface VolumeLife {
  /** In use. */
  record Active() implements VolumeLife {}

  /** In the trash: can be restored until {@code expiresAt}. */
  record Deleted(Instant since, Instant expiresAt) implements VolumeLife {}

  /** Its files are being removed. It cannot come back, nobody sees it, and its id is free again. */
  record Purging(Instant since) implements VolumeLife {}
}
