package dev.notebay.scheduler.config;

import dev.notebay.scheduler.core.fleet.Fleet;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.leader.Epoch;
import dev.notebay.scheduler.core.leader.LeaderLease;
import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.SessionStore;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Keeps a replica that starts runtimes on its own machine only from leading while sessions hold
 * another machine: it cannot see their runtimes, and would take them for gone. Until that machine's
 * replica is back nobody leads; sessions go on.
 */
final class OneMachineLease implements LeaderLease {
  private static final System.Logger LOG = System.getLogger(OneMachineLease.class.getName());

  private final LeaderLease lease;
  private final SessionStore store;
  private final Fleet fleet;
  private Set<String> told = Set.of();

  OneMachineLease(LeaderLease lease, SessionStore store, Fleet fleet) {
    this.lease = lease;
    this.store = store;
    this.fleet = fleet;
  }

  @Override
  public Optional<Epoch> acquire(String replica, Duration term) {
    if (!seesEverything()) {
      return Optional.empty();
    }
    Optional<Epoch> reign = lease.acquire(replica, term);
    // Only a leader places: what has been placed until now is all there is, and stays so.
    if (reign.isPresent() && !seesEverything()) {
      lease.release(reign.get());
      return Optional.empty();
    }
    return reign;
  }

  private boolean seesEverything() {
    Set<String> own = fleet.nodes().stream().map(Node::name).collect(Collectors.toSet());
    Set<String> unseen =
        store.unfinished().stream()
            .flatMap(session -> session.state().held().stream())
            .map(Assignment::node)
            .filter(node -> !own.contains(node))
            .collect(Collectors.toCollection(TreeSet::new));
    if (!unseen.equals(told)) {
      told = unseen;
      if (!unseen.isEmpty()) {
        LOG.log(
            System.Logger.Level.WARNING,
            "does not lead while sessions hold machines that are not seen from here nodes="
                + unseen);
      }
    }
    return unseen.isEmpty();
  }

  @Override
  public boolean renew(Epoch epoch, Duration term) {
    return lease.renew(epoch, term);
  }

  @Override
  public void release(Epoch epoch) {
    lease.release(epoch);
  }
}
