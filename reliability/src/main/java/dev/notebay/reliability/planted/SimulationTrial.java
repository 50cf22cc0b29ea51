package dev.notebay.reliability.planted;

import dev.notebay.reliability.simulation.Simulation;
import java.util.Optional;
import java.util.function.LongFunction;

/** Lives one simulated life. */
public final class SimulationTrial implements LongFunction<Optional<String>> {
  @Override
  public Optional<String> apply(long seed) {
    return Simulation.run(seed).violation();
  }
}
