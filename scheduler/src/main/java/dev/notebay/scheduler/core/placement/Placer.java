package dev.notebay.scheduler.core.placement;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Decides where a request goes.
 *
 * <ol>
 *   <li>Filter: every node takes the request, or gives the first {@link WaitReason} that is true of
 *       it; so the refusals add up to the number of nodes.
 *   <li>Rank: the {@link Ranking} orders the nodes that fit, and on each the ways to take it.
 *   <li>Choose: the best node that the caller admits; of equal ones, the first by name. An ordered
 *       request tries its next class only if no node has room for the one before.
 *   <li>Without any: {@link Decision.Never} if no node could take it when empty and available, else
 *       {@link Decision.Wait}.
 * </ol>
 *
 * <p>Always holds: a decision is a function of the fleet's state, the request, and of what the
 * ranking was told; not of earlier decisions. Deciding changes nothing: the caller {@linkplain
 * FleetState#take takes}. If a node admitted fits, it places.
 *
 * <p>Scores of the {@value #REMEMBERED} kinds of request that were asked for last are kept, and
 * only nodes that have changed are scored again. For one thread.
 */
public final class Placer {
  private static final int REMEMBERED = 512;
  private static final WaitReason[] REASONS = WaitReason.values();

  private final FleetState fleet;
  private final Ranking ranking;
  private final Ways ways;
  private final Map<Request, Kind> remembered =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Request, Kind> eldest) {
          return size() > REMEMBERED;
        }
      };
  private int classes;

  /** What is known of equal requests: how nodes take them, and what was decided last. */
  private static final class Kind {
    final Demand whole;
    final List<Scores> inOrder;
    @Nullable Decision last;
    long changes;
    int rankingVersion;

    Kind(Demand whole, List<Scores> inOrder) {
      this.whole = whole;
      this.inOrder = inOrder;
    }
  }

  public Placer(FleetState fleet, Ranking ranking) {
    this.fleet = fleet;
    this.ranking = ranking;
    this.ways = new Ways(ranking);
    this.classes = fleet.classes();
  }

  /** Tells the ranking of a request, once, when it is made. */
  public void arrived(Request request) {
    ranking.arrived(kind(request).whole);
  }

  /** Where the request goes if all nodes are left to it. */
  public Decision decide(Request request) {
    if (request.volumeNode().isPresent()) {
      return decide(request, Admission.EVERYWHERE);
    }
    Kind kind = kind(request);
    if (kind.last == null
        || kind.changes != fleet.changes()
        || kind.rankingVersion != ranking.version()) {
      kind.last = decide(request, Admission.EVERYWHERE);
      kind.changes = fleet.changes();
      kind.rankingVersion = ranking.version();
    }
    return kind.last;
  }

  /**
   * @param admission nodes that it does not admit refuse with {@link
   *     WaitReason#WAITING_BEHIND_OTHERS}, if nothing else keeps the request from them
   */
  public Decision decide(Request request, Admission admission) {
    List<Scores> inOrder = scores(request);
    for (Scores scores : inOrder) {
      int node = choose(scores, request.volumeNode(), admission);
      if (node >= 0) {
        return ways.place(fleet.node(node), scores.demand());
      }
    }
    Map<WaitReason, Integer> refusals = refusals(inOrder, request);
    return isPossible(request, refusals)
        ? Refusals.wait(request, refusals)
        : Refusals.never(request, fleet);
  }

  /**
   * Why one node does not take the request now; empty if it does.
   *
   * @param node index of a node in the fleet
   */
  public Optional<WaitReason> refusal(Request request, int node) {
    List<Scores> inOrder = scores(request);
    boolean isThere =
        request.volumeNode().isEmpty() || fleet.indexOf(request.volumeNode().get()) == node;
    return isThere && inOrder.stream().anyMatch(scores -> scores.fits(node))
        ? Optional.empty()
        : Optional.of(refusal(inOrder, request, node));
  }

  private List<Scores> scores(Request request) {
    List<Scores> inOrder = kind(request).inOrder;
    inOrder.forEach(Scores::refresh);
    return inOrder;
  }

  private Kind kind(Request request) {
    if (classes != fleet.classes()) {
      remembered.clear();
      classes = fleet.classes();
    }
    return remembered.computeIfAbsent(
        request.volumeNode().isEmpty() ? request : request.whereverTheVolumeIs(),
        wanted ->
            new Kind(
                Demand.of(wanted, fleet),
                Demand.inOrder(wanted, fleet).stream()
                    .map(demand -> new Scores(fleet, ranking, ways, demand))
                    .toList()));
  }

  private int choose(Scores scores, Optional<String> volumeNode, Admission admission) {
    if (volumeNode.isEmpty()) {
      return admission == Admission.EVERYWHERE ? scores.best() : scores.best(admission);
    }
    int node = fleet.indexOf(volumeNode.get());
    return node >= 0 && scores.fits(node) && admission.admits(node) ? node : -1;
  }

  private Map<WaitReason, Integer> refusals(List<Scores> inOrder, Request request) {
    int[] counts = new int[REASONS.length];
    for (int node : fleet.byName()) {
      counts[refusal(inOrder, request, node).ordinal()]++;
    }
    Map<WaitReason, Integer> refusals = new EnumMap<>(WaitReason.class);
    for (WaitReason reason : REASONS) {
      if (counts[reason.ordinal()] > 0) {
        refusals.put(reason, counts[reason.ordinal()]);
      }
    }
    return refusals;
  }

  /** Of a node that no class of the request goes to: the reason of the one that came furthest. */
  private WaitReason refusal(List<Scores> inOrder, Request request, int node) {
    WaitReason furthest = WaitReason.NODE_LABELS_MISMATCH;
    for (Scores scores : inOrder) {
      WaitReason reason =
          scores.fits(node) ? WaitReason.WAITING_BEHIND_OTHERS : scores.refusal(node);
      furthest = reason.compareTo(furthest) > 0 ? reason : furthest;
    }
    return request.volumeNode().isPresent()
            && fleet.indexOf(request.volumeNode().get()) != node
            && !furthest.isForEver()
        ? WaitReason.VOLUME_ELSEWHERE
        : furthest;
  }

  /** A node that is away may come back, and so may the volume's. */
  private boolean isPossible(Request request, Map<WaitReason, Integer> refusals) {
    boolean volumeIsHere =
        request.volumeNode().isPresent() && fleet.indexOf(request.volumeNode().get()) >= 0;
    return refusals.keySet().stream()
        .anyMatch(
            reason ->
                !reason.isForEver() && !(volumeIsHere && reason == WaitReason.VOLUME_ELSEWHERE));
  }
}
