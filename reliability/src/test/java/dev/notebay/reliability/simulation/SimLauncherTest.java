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
import java.util.function.Supplier;

/** The simulated cluster does what the real machine does. */
class SimLauncherTest extends LauncherContract {
  private static final Duration DEADLINE = Duration.ofMinutes(1);

  private final World world = new World(1, null);
  private final Installation installation = new Installation(world, Weather.fine(1, 1, 1, 1));
  private final Launcher launcher = replica("one");

  /** A way to the cluster for code outside the simulation: each call lets its time pass. */
  private Launcher replica(String name) {
    var actor = new Actor(name);
    var inside = new SimLauncher(world, installation.network(), installation.cluster(), actor);
    return new Launcher() {
      @Override
      public void launch(LaunchRequest request) {
        run(
            actor,
            () -> {
              inside.launch(request);
              return true;
            });
      }

      @Override
      public List<RuntimeView> list() {
        return run(actor, inside::list);
      }

      @Override
      public Optional<RuntimeView> look(RuntimeName runtime) {
        return run(actor, () -> inside.look(runtime));
      }

      @Override
      public void terminate(RuntimeName runtime) {
        run(
            actor,
            () -> {
              inside.terminate(runtime);
              return true;
            });
      }

      @Override
      public void remove(RuntimeName runtime) {
        run(
            actor,
            () -> {
              inside.remove(runtime);
              return true;
            });
      }
    };
  }

  private <T> T run(Actor actor, Supplier<T> call) {
    Promise<T> answer = new Promise<>();
    world.spawn(actor, () -> answer.keep(call.get()));
    for (int tries = 0; !answer.isSettled(); tries++) {
      assertThat(tries).as("no answer").isLessThan(1000);
      world.runUntil(world.now() + Duration.ofMillis(10).toNanos());
    }
    return answer.result();
  }

  @Override
  protected Launcher launcher() {
    return launcher;
  }

  @Override
  protected Launcher another() {
    return replica("another");
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
