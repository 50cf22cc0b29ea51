package dev.notebay.scheduler.core.placement;

import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.session.Compute;
import dev.notebay.scheduler.core.session.Session;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/** All nodes and what is free of each, at one instant. Immutable. */
public final class FleetSnapshot {
  private final List<FreeNode> nodes;

  private FleetSnapshot(List<FreeNode> nodes) {
    this.nodes = List.copyOf(nodes);
  }

  /** The nodes less what {@code sessions} hold of them. */
  public static FleetSnapshot of(Collection<Node> nodes, Collection<Session> sessions) {
    List<FreeNode> free =
        nodes.stream().sorted(Comparator.comparing(Node::name)).map(FreeNode::empty).toList();
    var snapshot = new FleetSnapshot(free);
    for (Session session : sessions) {
      var held = session.state().held();
      if (held.isPresent()) {
        snapshot =
            snapshot.without(
                held.get().node(), session.spec().compute(), Set.copyOf(held.get().devices()));
      }
    }
    return snapshot;
  }

  /** This snapshot after a session has taken compute and devices of a node. */
  FleetSnapshot without(String node, Compute compute, Set<String> deviceIds) {
    List<FreeNode> next = new ArrayList<>(nodes.size());
    for (FreeNode free : nodes) {
      next.add(free.node().name().equals(node) ? free.without(compute, deviceIds) : free);
    }
    return new FleetSnapshot(next);
  }

  /** This fleet with nobody on it. */
  FleetSnapshot emptied() {
    return new FleetSnapshot(nodes.stream().map(free -> FreeNode.empty(free.node())).toList());
  }

  /** By name. */
  List<FreeNode> nodes() {
    return nodes;
  }
}
