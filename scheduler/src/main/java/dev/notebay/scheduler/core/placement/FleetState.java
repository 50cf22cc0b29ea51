package dev.notebay.scheduler.core.placement;

import dev.notebay.scheduler.core.fleet.Node;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * All nodes and what is free of each, kept up to date change by change. For one thread.
 *
 * <p>Always holds: what is free of a node is what it has less the allotments on it, whatever the
 * order in which nodes and allotments came. An allotment on a node that is not there is kept, and
 * counts as soon as the node is.
 *
 * <p>Nodes have small indexes, so that what is derived from them can be kept in arrays; a log of
 * the last changes tells which of it is out of date.
 */
public final class FleetState {
  private static final int LOGGED = 1 << 13;

  private final Map<String, Integer> indexes = new HashMap<>();
  private final List<NodeState> slots = new ArrayList<>();
  private final List<Integer> freeSlots = new ArrayList<>();
  private final Map<String, Integer> classes = new HashMap<>();
  private final int[] changed = new int[LOGGED];
  private long changes;
  private int[] byName = new int[0];
  private int[] ranks = new int[0];
  private boolean ranksAreCurrent;
  private int[] versions = new int[0];
  private long[] outlines = new long[0];
  private long freeMilli;
  private long capacityMilli;

  /** All of them free. */
  public static FleetState of(Collection<Node> nodes) {
    var fleet = new FleetState();
    nodes.stream().sorted(Comparator.comparing(Node::name)).forEach(fleet::put);
    return fleet;
  }

  /** Adds a node, or changes the one with that name; what sessions hold of it they keep. */
  public void put(Node node) {
    NodeState state = slot(node.name());
    boolean isNew = !state.isPresent();
    if (state.node().equals(Optional.of(node))) {
      return;
    }
    state.become(node, this::number);
    if (isNew) {
      int place = -1 - placeOf(node.name());
      int[] longer = Arrays.copyOf(byName, byName.length + 1);
      System.arraycopy(byName, place, longer, place + 1, byName.length - place);
      longer[place] = state.index();
      byName = longer;
      ranksAreCurrent = false;
    }
    changed(state);
  }

  /** Takes a node out of the fleet, if it is there. What sessions hold of it is not forgotten. */
  public void remove(String name) {
    int index = indexOf(name);
    if (index < 0) {
      return;
    }
    int place = placeOf(name);
    int[] shorter = Arrays.copyOf(byName, byName.length - 1);
    System.arraycopy(byName, place + 1, shorter, place, shorter.length - place);
    byName = shorter;
    ranksAreCurrent = false;
    NodeState state = slots.get(index);
    state.vanish();
    changed(state);
    forgetIfUnused(state);
  }

  /** Records that a session has this; not refused, as it is a fact even if it is too much. */
  public void take(Allotment allotment) {
    NodeState state = slot(allotment.node());
    state.add(allotment);
    changed(state);
  }

  /**
   * Undoes one {@link #take} of an equal allotment.
   *
   * @throws IllegalArgumentException when there was none
   */
  public void release(Allotment allotment) {
    Integer index = indexes.get(allotment.node());
    if (index == null || !slots.get(index).drop(allotment)) {
      throw new IllegalArgumentException("allotment: " + allotment + " (expected: one taken)");
    }
    changed(slots.get(index));
    forgetIfUnused(slots.get(index));
  }

  /** How many nodes are in the fleet. */
  public int size() {
    return byName.length;
  }

  /** Above every index. */
  public int slots() {
    return slots.size();
  }

  /**
   * @return index of the node, or -1 if it is not in the fleet
   */
  public int indexOf(String name) {
    Integer index = indexes.get(name);
    return index == null || slots.get(index).node().isEmpty() ? -1 : index;
  }

  public NodeState node(int index) {
    return slots.get(index);
  }

  /** Indexes of the nodes in the fleet, ordered by name. Must not be changed. */
  int[] byName() {
    return byName;
  }

  /** Position of a node in {@link #byName}. */
  int rank(int node) {
    if (!ranksAreCurrent) {
      ranks = new int[slots.size()];
      for (int place = 0; place < byName.length; place++) {
        ranks[byName[place]] = place;
      }
      ranksAreCurrent = true;
    }
    return ranks[node];
  }

  /** That of the node in that place; kept here to be close together. */
  int version(int node) {
    return versions[node];
  }

  /** That of the node in that place. */
  long outline(int node) {
    return outlines[node];
  }

  /** Thousandths that are free of all devices of nodes that are available. */
  public long freeMilli() {
    return freeMilli;
  }

  /** Thousandths of all devices of nodes that are available. */
  public long capacityMilli() {
    return capacityMilli;
  }

  /**
   * @return number of the accelerator class, or -1 if no node ever had it
   */
  public int classOf(String type) {
    @Nullable Integer number = classes.get(type);
    return number == null ? -1 : number;
  }

  /** Above the number of every class. Grows when a class is seen for the first time. */
  public int classes() {
    return classes.size();
  }

  /** How often anything has changed. */
  public long changes() {
    return changes;
  }

  /** Whether {@link #changedAt} knows all since then. */
  boolean remembers(long since) {
    return changes - since <= LOGGED;
  }

  /**
   * @param change one of the last, counted from 0
   * @return index of the node that it changed
   */
  int changedAt(long change) {
    return changed[(int) (change & (LOGGED - 1))];
  }

  private void changed(NodeState state) {
    changed[(int) (changes & (LOGGED - 1))] = state.index();
    changes++;
    freeMilli -= state.totalMilli();
    capacityMilli -= state.capacityMilli();
    state.changed(changes);
    freeMilli += state.totalMilli();
    capacityMilli += state.capacityMilli();
    if (versions.length < slots.size()) {
      versions = Arrays.copyOf(versions, 2 * slots.size());
      outlines = Arrays.copyOf(outlines, 2 * slots.size());
    }
    versions[state.index()] = state.version();
    outlines[state.index()] = Outline.of(state);
  }

  private NodeState slot(String name) {
    Integer index = indexes.get(name);
    if (index == null) {
      index = freeSlots.isEmpty() ? slots.size() : freeSlots.removeLast();
      var state = new NodeState(index, name);
      if (index == slots.size()) {
        slots.add(state);
      } else {
        slots.set(index, state);
      }
      indexes.put(name, index);
    }
    return slots.get(index);
  }

  private void forgetIfUnused(NodeState state) {
    if (state.node().isEmpty() && state.allotments().isEmpty()) {
      indexes.remove(state.name());
      freeSlots.add(state.index());
    }
  }

  private int placeOf(String name) {
    int low = 0;
    int high = byName.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = slots.get(byName[middle]).name().compareTo(name);
      if (order == 0) {
        return middle;
      } else if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -1 - low;
  }

  private int number(String type) {
    return classes.computeIfAbsent(type, _ -> classes.size());
  }
}
