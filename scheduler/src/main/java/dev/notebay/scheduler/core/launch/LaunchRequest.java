package dev.notebay.scheduler.core.launch;

import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.Compute;
import dev.notebay.scheduler.core.session.Owner;
import java.util.Optional;

/**
 * What a runtime is made from.
 *
 * @param volume where the mounted volume is on the node, if there is one
 */
public record LaunchRequest(
    RuntimeName name,
    Owner owner,
    Accelerator accelerator,
    Compute compute,
    Assignment assignment,
    Optional<String> volume) {}
