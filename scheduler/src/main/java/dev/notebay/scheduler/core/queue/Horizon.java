package dev.notebay.scheduler.core.queue;

import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.placement.Allotment;
import dev.notebay.scheduler.core.placement.FleetState;
import dev.notebay.scheduler.core.placement.Request;
import dev.notebay.scheduler.core.session.Owner;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What is free of nodes and quotas from now on for ever, given what sessions hold and until when,
 * and what is planned.
 *
 * <p>Those that hold something have a booking from {@link Timeline#ALWAYS} on and are added with
 * {@link #hold}; what is planned is added with {@link #plan} and taken back when the plan has been
 * carried out. Each change can be undone exactly.
 */
final class Horizon {
  private static final int REMEMBERED = 4096;

  private final FleetState fleet;
  private final Map<String, List<Booking>> heldByNode = new HashMap<>();
  private final Map<String, Map<String, Share>> shares = new HashMap<>();
  private final Map<String, Map<Owner, Person>> people = new HashMap<>();
  private final Map<Request, Target> targets =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Request, Target> eldest) {
          return size() > REMEMBERED;
        }
      };
  private @Nullable Slot[] slots = new @Nullable Slot[0];
  private int[] nodesByName = new int[0];
  private Object generation = new Object();
  private int versions;
  private Queues queues;

  /** A queue's part of the pool of a class. */
  record Share(Pool pool, Pool.Member member) {}

  /** What one person holds of one queue over time. */
  private record Person(Timeline sessions, Timeline milli) {
    private Person() {
      this(new Timeline(), new Timeline());
    }
  }

  /** A node's timeline; {@code planned} bookings of it are not held yet. */
  private static final class Slot {
    private final NodeTimeline timeline;
    private final int version;
    private int planned;

    private Slot(NodeTimeline timeline, int version) {
      this.timeline = timeline;
      this.version = version;
    }
  }

  /**
   * When and where there is room.
   *
   * @param node index in the fleet; -1 where there never is
   */
  record Opening(long start, int node) {
    static final Opening NONE = new Opening(Timeline.NEVER, -1);
  }

  Horizon(FleetState fleet, Queues queues) {
    this.fleet = fleet;
    this.queues = queues;
    become(queues);
    nodesChanged();
  }

  Queues queues() {
    return queues;
  }

  /** Other quotas for the same bookings. */
  void become(Queues queues) {
    this.queues = queues;
    shares.clear();
    people.clear();
    Map<String, Pool> pools = new HashMap<>();
    for (QueueSpec queue : queues.all()) {
      Map<String, Share> ofQueue = new HashMap<>();
      for (Quota quota : queue.quotas()) {
        List<QueueSpec> members = queue.cohort().map(queues::inCohort).orElse(List.of(queue));
        String key =
            quota.accelerator() + " " + queue.cohort().map(c -> "in " + c).orElse(queue.name());
        Pool pool = pools.computeIfAbsent(key, _ -> new Pool(members, quota.accelerator()));
        ofQueue.put(quota.accelerator(), new Share(pool, pool.member(queue.name()).orElseThrow()));
      }
      shares.put(queue.name(), ofQueue);
    }
    heldByNode.values().forEach(held -> held.forEach(booking -> count(booking, 1)));
  }

  /** The fleet has other nodes, or nodes have become others. */
  void nodesChanged() {
    generation = new Object();
    slots = new @Nullable Slot[fleet.slots()];
    nodesByName =
        IntStream.range(0, fleet.slots())
            .filter(index -> fleet.node(index).node().isPresent())
            .boxed()
            .sorted(Comparator.comparing(index -> fleet.node(index).name()))
            .mapToInt(Integer::intValue)
            .toArray();
  }

  /** Adds what a session holds; its booking begins at {@link Timeline#ALWAYS}. */
  void hold(Booking booking) {
    Allotment allotment = held(booking);
    heldByNode.computeIfAbsent(allotment.node(), _ -> new ArrayList<>()).add(booking);
    count(booking, 1);
    forget(allotment.node());
  }

  /** Undoes one {@link #hold}. */
  void drop(Booking booking) {
    Allotment allotment = held(booking);
    List<Booking> held = heldByNode.getOrDefault(allotment.node(), List.of());
    if (!held.remove(booking)) {
      throw new IllegalArgumentException("booking: " + booking + " (expected: one that is held)");
    }
    if (held.isEmpty()) {
      heldByNode.remove(allotment.node());
    }
    count(booking, -1);
    forget(allotment.node());
  }

  /** Adds what is planned, or takes it back where {@code sign} is −1. */
  void plan(Booking booking, int sign) {
    count(booking, sign);
    Allotment allotment = booking.allotment();
    int index = allotment == null ? -1 : fleet.indexOf(allotment.node());
    if (allotment != null && index >= 0) {
      Slot slot = slot(index);
      slot.planned += sign;
      slot.timeline.take(
          Claim.of(allotment, slot.timeline.node()), booking.from(), booking.until(), sign);
    }
  }

  /** Takes a part of what is held out of its time, or puts it back where {@code sign} is −1. */
  void free(Booking part, int sign) {
    count(part, -sign);
    Allotment allotment = held(part);
    int index = fleet.indexOf(allotment.node());
    if (index >= 0) {
      Slot slot = slot(index);
      slot.planned += sign;
      slot.timeline.take(
          Claim.of(allotment, slot.timeline.node()), part.from(), part.until(), -sign);
    }
  }

  Optional<Share> share(String queue, String type) {
    Map<String, Share> ofQueue = shares.get(queue);
    return ofQueue == null ? Optional.empty() : Optional.ofNullable(ofQueue.get(type));
  }

  NodeTimeline timeline(int node) {
    return slot(node).timeline;
  }

  boolean isPlannedFor(int node) {
    Slot slot = slots[node];
    return slot != null && slot.planned > 0;
  }

  /** One for each class that is acceptable, the preferred first. */
  List<Target> targets(Entry entry) {
    if (entry.targets.isEmpty()
        || !entry.targets.stream().allMatch(target -> target.isOf(generation))) {
      Request request = entry.waiting.request();
      entry.targets =
          request.accelerator().types().stream().map(type -> target(request, type)).toList();
    }
    return entry.targets;
  }

  /** The demand with the nodes that could take it. */
  Target target(Request request, String type) {
    Request single =
        request.accelerator().types().size() == 1
            ? request
            : new Request(
                request.accelerator().only(type),
                request.compute(),
                request.nodeLabels(),
                request.volumeNode());
    Target target = targets.computeIfAbsent(single, wanted -> new Target(new NodeDemand(wanted)));
    if (!target.isOf(generation)) {
      target.become(
          IntStream.of(nodesByName)
              .filter(node -> target.demand().mayGoOn(fleet.node(node).node().orElseThrow()))
              .toArray(),
          slots.length,
          generation);
    }
    return target;
  }

  /** The first time at which quotas, limits and a node all have room for that long. */
  Opening earliest(Target target, QueueSpec queue, Owner owner, long notBefore, long length) {
    long at = notBefore;
    while (true) {
      long allowed = allowedFrom(target.demand(), queue, owner, at, length);
      if (allowed == Timeline.NEVER) {
        return Opening.NONE;
      }
      Opening opening = roomFrom(target, allowed, length);
      if (opening.node() < 0
          || opening.start() == allowed
          || allowedFrom(target.demand(), queue, owner, opening.start(), length)
              == opening.start()) {
        return opening;
      }
      at = opening.start();
    }
  }

  /** The first time from which on quota and the person's limits allow it for that long. */
  long allowedFrom(NodeDemand demand, QueueSpec queue, Owner owner, long notBefore, long length) {
    long at = notBefore;
    while (true) {
      long limited = withinLimitsFrom(demand, queue, owner, at, length);
      long allowed = quotaFrom(demand, queue, limited, length);
      if (allowed == Timeline.NEVER || allowed == limited) {
        return allowed;
      }
      at = allowed;
    }
  }

  /** The first time from which on the quota allows it for that long. */
  long quotaFrom(NodeDemand demand, QueueSpec queue, long notBefore, long length) {
    Optional<Share> share = share(queue.name(), demand.type());
    if (share.isEmpty() || notBefore == Timeline.NEVER) {
      return notBefore;
    }
    return share
        .get()
        .pool()
        .earliest(share.get().member(), demand.totalMilli(), notBefore, length);
  }

  /** The first time from which on the person's limits allow it for that long. */
  long withinLimitsFrom(
      NodeDemand demand, QueueSpec queue, Owner owner, long notBefore, long length) {
    UserLimits limits = queue.userLimits();
    Person person = limited(queue) ? person(queue.name(), owner) : null;
    if (person == null) {
      return notBefore;
    }
    long sessions =
        limits.sessions().isPresent() ? limits.sessions().getAsInt() - 1L : Timeline.NEVER;
    long milli =
        limits.devicesMilli().isPresent() && demand.totalMilli() > 0
            ? limits.devicesMilli().getAsLong() - demand.totalMilli()
            : Timeline.NEVER;
    long at = notBefore;
    while (true) {
      long some = person.sessions().earliest(sessions, at, length);
      long both = some == Timeline.NEVER ? some : person.milli().earliest(milli, some, length);
      if (both == Timeline.NEVER || both == some) {
        return both;
      }
      at = both;
    }
  }

  /** The first time from which on a node has room for that long. */
  Opening roomFrom(Target target, long notBefore, long length) {
    long best = Timeline.NEVER;
    int bestNode = -1;
    for (int node : target.nodes()) {
      Slot slot = slot(node);
      long start = Math.max(notBefore, lowest(target, node, slot));
      if (start >= best) {
        continue;
      }
      if (slot.planned > 0) {
        start = slot.timeline.earliest(target.demand(), start, length);
      }
      if (start < best) {
        best = start;
        bestNode = node;
        if (best == notBefore) {
          break;
        }
      }
    }
    return new Opening(best, bestNode);
  }

  /** Whether some node has room from then on for that long. */
  boolean hasRoom(Target target, long start, long length) {
    for (int node : target.nodes()) {
      if (hasRoom(target, node, start, length)) {
        return true;
      }
    }
    return false;
  }

  boolean hasRoom(Target target, int node, long start, long length) {
    Slot slot = slot(node);
    return lowest(target, node, slot) <= start
        && (slot.planned == 0 || slot.timeline.fitsAt(target.demand(), start, length));
  }

  private long lowest(Target target, int node, Slot slot) {
    if (target.knows(node, slot.version)) {
      return target.roomFrom(node);
    }
    if (slot.planned > 0) {
      return Timeline.ALWAYS;
    }
    long from = slot.timeline.earliest(target.demand(), Timeline.ALWAYS, Timeline.NEVER);
    target.learn(node, slot.version, from);
    return from;
  }

  private void count(Booking booking, int sign) {
    share(booking.queue(), booking.type())
        .ifPresent(
            share ->
                share
                    .pool()
                    .add(share.member(), booking.from(), booking.until(), sign * booking.milli()));
    Optional<QueueSpec> queue = queues.find(booking.queue());
    if (queue.isPresent() && limited(queue.get())) {
      Person person =
          people
              .computeIfAbsent(booking.queue(), _ -> new HashMap<>())
              .computeIfAbsent(booking.owner(), _ -> new Person());
      person.sessions().add(booking.from(), booking.until(), sign);
      person.milli().add(booking.from(), booking.until(), sign * booking.milli());
    }
  }

  /** Whether what one person may have of the queue depends on what the person has already. */
  static boolean limited(QueueSpec queue) {
    return queue.userLimits().sessions().isPresent()
        || queue.userLimits().devicesMilli().isPresent();
  }

  private @Nullable Person person(String queue, Owner owner) {
    Map<Owner, Person> ofQueue = people.get(queue);
    return ofQueue == null ? null : ofQueue.get(owner);
  }

  private Slot slot(int index) {
    if (index >= slots.length) {
      slots = Arrays.copyOf(slots, fleet.slots());
    }
    Slot slot = slots[index];
    if (slot == null) {
      Node node = fleet.node(index).node().orElseThrow();
      var timeline = new NodeTimeline(node);
      for (Booking booking : heldByNode.getOrDefault(node.name(), List.of())) {
        timeline.take(Claim.of(held(booking), node), booking.from(), booking.until(), 1);
      }
      slot = new Slot(timeline, ++versions);
      slots[index] = slot;
    }
    return slot;
  }

  private void forget(String node) {
    int index = fleet.indexOf(node);
    if (index >= 0 && index < slots.length) {
      slots[index] = null;
    }
  }

  private static Allotment held(Booking booking) {
    Allotment allotment = booking.allotment();
    if (allotment == null) {
      throw new IllegalArgumentException("booking: " + booking + " (expected: one on a node)");
    }
    return allotment;
  }
}
