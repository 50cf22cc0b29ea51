package dev.notebay.reliability.planted;

import java.util.List;
import java.util.Optional;

/**
 * A bug that somebody could make, as changes of the source text, so that the code itself has no
 * switches for it.
 *
 * @param name in lower case with hyphens
 * @param breaks which rule it breaks, in words
 * @param patches the changes that make it
 * @param heldBy what else keeps the rule, where the bug alone does no harm
 */
public record PlantedBug(String name, String breaks, List<Patch> patches, Optional<String> heldBy) {
  public PlantedBug {
    patches = List.copyOf(patches);
    if (patches.isEmpty()) {
      throw new IllegalArgumentException("patches: none (expected: at least one) of " + name);
    }
  }

  /** A bug that does harm, and so must be found. */
  public static PlantedBug harmful(String name, String breaks, Patch... patches) {
    return new PlantedBug(name, breaks, List.of(patches), Optional.empty());
  }

  /** A bug that does no harm as long as {@code heldBy} is there. */
  public static PlantedBug harmless(String name, String breaks, String heldBy, Patch... patches) {
    return new PlantedBug(name, breaks, List.of(patches), Optional.of(heldBy));
  }
}
