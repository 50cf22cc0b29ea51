package dev.notebay.reliability.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.launch.LaunchRequest;
import dev.notebay.scheduler.core.launch.Launcher;
import dev.notebay.scheduler.core.launch.LauncherContract;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.launch.RuntimeView;
import dev.notebay.scheduler.core.session.EndReason;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** The simulated cluster does what the real machine does. */
class SimLauncherTest extends LauncherContract {
  private static final Duration DEADLINE = Duration.ofMinutes(1);

  private final World world = new World(1, null);
  private final Installation installation = new Installation(world, Weather.fine(1, 1, 1, 1));
  private final Launcher launcher = replica();

  /** A way to the cluster for code outside the simulation. */
  private Launcher replica() {
    var outside = new Outside(world);
    var inside =
        new SimLauncher(world, installation.network(), installation.cluster(), outside.actor());
    return new Launcher() {
      @Override
      public void launch(LaunchRequest request) {
        outside.run(() -> inside.launch(request));
      }

      @Override
      public List<RuntimeView> list() {
        return outside.call(inside::list);
      }

      @Override
      public Optional<RuntimeView> look(RuntimeName runtime) {
        return outside.call(() -> inside.look(runtime));
      }

      @Override
      public void terminate(RuntimeName runtime) {
        outside.run(() -> inside.terminate(runtime));
      }

      @Override
      public void remove(RuntimeName runtime) {
        outside.run(() -> inside.remove(runtime));
      }
    };
  }

  @Override
  protected Launcher launcher() {
    return launcher;
  }

  @Override
  protected Launcher another() {
    return replica();
  }

  @Override
  protected String node() {
    return "n0";
  }

  @Override
  protected void await(String what, BooleanSupplier condition) {
    long end = world.now() + DEADLINE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(world.now()).as(what).isLessThan(end);
      world.runUntil(world.now() + Duration.ofMillis(100).toNanos());
    }
  }

  @Override
  protected void exit(RuntimeName name) {
    for (Pod pod : installation.cluster().pods()) {
      if (pod.name().equals(name)) {
        installation.cluster().exited(pod, EndReason.RUNTIME_LOST, "exit");
      }
    }
  }
}
