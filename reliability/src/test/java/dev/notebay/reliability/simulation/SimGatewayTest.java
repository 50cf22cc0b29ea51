package dev.notebay.reliability.simulation;

import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.volume.Volumes;
import dev.notebay.scheduler.core.volume.VolumesContract;

/** The simulated storage gateway does what the real one does. */
class SimGatewayTest extends VolumesContract {
  private final World world = new World(1, null);
  private final Outside outside = new Outside(world);
  private final Volumes inside =
      new SimGateway(world).of(new Network(world, Weather.fine(1, 1, 1, 1)), outside.actor());

  @Override
  protected void make(Owner owner) {
    // Every volume is there in this world.
  }

  @Override
  protected Volumes volumes() {
    return new Volumes() {
      @Override
      public Mounting mount(Owner owner, String volume, RuntimeName runtime, String node) {
        return outside.call(() -> inside.mount(owner, volume, runtime, node));
      }

      @Override
      public boolean unmount(RuntimeName runtime) {
        return outside.call(() -> inside.unmount(runtime));
      }
    };
  }
}
