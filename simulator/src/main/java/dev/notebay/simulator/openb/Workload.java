package dev.notebay.simulator.openb;

import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.placement.Request;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * A fleet and the pods that arrive there one after the other, as in the evaluation of Fragmentation
 * Gradient Descent (USENIX ATC'23).
 *
 * <ol>
 *   <li>The pods of the list are shuffled.
 *   <li>Pods are drawn from the list with replacement and appended, until the next would take the
 *       GPUs that are wanted above {@code inflate} times those that there are; or dropped at random
 *       if they are above already.
 *   <li>Nodes are put in a random order, which decides between equals.
 * </ol>
 *
 * @param list the pods before that
 * @param capacityMilli thousandths of all GPUs
 */
public record Workload(
    List<Node> nodes, List<Request> arrivals, List<Request> list, long capacityMilli) {

  /** The same for the same seed. */
  public static Workload of(NodeList nodes, PodList pods, double inflate, long seed) {
    var random = new Random(seed);
    List<Request> arrivals = new ArrayList<>(pods.pods());
    Collections.shuffle(arrivals, random);
    long wanted = arrivals.stream().mapToLong(PodList::milli).sum();
    long most = Math.round(inflate * nodes.capacityMilli());
    if (wanted == 0) {
      throw new BadInput("pods: none wants a GPU (expected: some do, to be inflated)");
    }
    while (wanted > most) {
      wanted -= PodList.milli(arrivals.remove(random.nextInt(arrivals.size())));
    }
    while (true) {
      Request drawn = pods.pods().get(random.nextInt(pods.pods().size()));
      wanted += PodList.milli(drawn);
      if (wanted > most) {
        break;
      }
      arrivals.add(drawn);
    }
    return new Workload(nodes.inRandomOrder(random), arrivals, pods.pods(), nodes.capacityMilli());
  }
}
