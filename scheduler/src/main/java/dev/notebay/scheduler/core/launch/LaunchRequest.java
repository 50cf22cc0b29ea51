package dev.notebay.scheduler.core.launch;

import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.Compute;
import dev.notebay.scheduler.core.session.Environment;
import dev.notebay.scheduler.core.session.Image;
import dev.notebay.scheduler.core.session.Owner;
import java.util.Optional;

/**
 * What a runtime is made from.
 *
 * @param volume where the mounted volume is on the node, or which claim it is on a cluster ({@code
 *     claim:<name>}), if there is one
 * @param image container image that the session wants, where it names one
 * @param environment variables that the person wants in kernels
 */
public record LaunchRequest(
    RuntimeName name,
    Owner owner,
    Accelerator accelerator,
    Compute compute,
    Assignment assignment,
    Optional<String> volume,
    Optional<Image> image,
    Environment environment) {

  /** With the usual image, and no variables. */
  public LaunchRequest(
      RuntimeName name,
      Owner owner,
      Accelerator accelerator,
      Compute compute,
      Assignment assignment,
      Optional<String> volume) {
    this(name, owner, accelerator, compute, assignment, volume, Optional.empty(), Environment.NONE);
  }
}
