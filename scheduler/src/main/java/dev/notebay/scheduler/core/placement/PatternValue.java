package dev.notebay.scheduler.core.placement;

import org.jspecify.annotations.Nullable;

/**
 * Takes of a node what its best use would miss least.
 *
 * <ol>
 *   <li>The mix of requests so far tells what will come.
 *   <li>From the mix and from what is free, each kind of request gets a price: {@link PriceSearch}.
 *   <li>What is free of a node is worth what the best patterns of requests for its devices are
 *       worth: {@link PatternTables}, {@link NodeValues}.
 *   <li>The score of a way is the node's value before less that after, and a surcharge on devices
 *       of a class that picky requests need ({@link Surcharges}); in steps of 10 thousandths of a
 *       GPU.
 *   <li>Of equal ways, the one that leaves least on the node, a CPU counting as a sixteenth of a
 *       GPU; then the fullest device.
 *   <li>Prices are searched anew when requests have become half as many again, and when what is
 *       free has changed by a twentieth of the fleet.
 * </ol>
 *
 * <p>Always holds: it orders what fits and refuses nothing; it knows only requests that have been
 * made; one set of constants for every fleet and mix. Before the first request for a GPU only step
 * 5 tells ways apart.
 *
 * <p>It follows Fragmentation Gradient Descent (Weng et al., "Beware of Fragmentation", USENIX
 * ATC'23) in scoring a placement by what it takes from the requests to come, but values what is
 * left by the patterns that can still be made of it (docs/adr/0008).
 */
public final class PatternValue implements Ranking {
  private static final float STEP_MILLI = 10;
  private static final double GROWTH = 1.5;
  private static final double CHANGE = 0.05;
  private static final int CPU_TO_GPU = 16;
  private static final int LOSS_SHIFT = 32;
  private static final int LEFT_SHIFT = 10;
  private static final long MOST_LEFT = (1L << (LOSS_SHIFT - LEFT_SHIFT)) - 1;

  private final FleetState fleet;
  private final RequestMix mix = new RequestMix();
  private @Nullable NodeValues values;
  private double nextSearch = 1;
  private long freeAtSearch;
  private int classesAtSearch;
  private int version;

  public PatternValue(FleetState fleet) {
    this.fleet = fleet;
  }

  @Override
  public void arrived(Demand demand) {
    mix.add(demand);
    if (isDue() && fleet.freeMilli() > 0 && mix.wantedMilli() > 0) {
      values =
          new NodeValues(PriceSearch.search(fleet, mix, version), Surcharges.of(mix.all(), fleet));
      nextSearch = Math.floor(mix.requests() * GROWTH) + 1;
      freeAtSearch = fleet.freeMilli();
      classesAtSearch = fleet.classes();
      version++;
    }
  }

  private boolean isDue() {
    return mix.requests() >= nextSearch
        || classesAtSearch != fleet.classes()
        || Math.abs(fleet.freeMilli() - freeAtSearch) >= CHANGE * fleet.capacityMilli();
  }

  @Override
  public int version() {
    return version;
  }

  @Override
  public long score(NodeState node, Taking taking, Demand demand) {
    long loss =
        values == null ? 0 : (long) Math.floor(values.loss(node, taking, demand) / STEP_MILLI);
    long cpu = (node.room().cpuMilli() - demand.cpuMilli()) / CPU_TO_GPU;
    long left = Math.clamp(cpu + node.totalMilli() - demand.totalMilli(), 0, MOST_LEFT);
    int device = demand.isShare() ? node.room().milli(taking.device(0)) : 0;
    return (loss << LOSS_SHIFT) + (left << LEFT_SHIFT) + device;
  }
}
