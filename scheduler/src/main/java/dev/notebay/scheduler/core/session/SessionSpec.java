package dev.notebay.scheduler.core.session;

import java.util.Optional;

/**
 * What a person asked for; never changes.
 *
 * @param volume id of the owner's volume to mount
 */
public record SessionSpec(
    String displayName,
    Accelerator accelerator,
    Compute compute,
    Optional<String> volume,
    Policy policy) {}
