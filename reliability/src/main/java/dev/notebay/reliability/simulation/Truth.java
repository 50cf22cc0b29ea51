package dev.notebay.reliability.simulation;

import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import dev.notebay.scheduler.core.session.SessionState.Running;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import dev.notebay.scheduler.core.session.SessionState.Stopping;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What really is, apart from what anybody believes, and what must always be true of it. Everything
 * is checked at the instant at which it happens:
 *
 * <ol>
 *   <li>the kernels that run on a device have no more of it than there is, and none belongs to a
 *       session that does not hold it;
 *   <li>a session has at most one running kernel, and so has a single-writer volume;
 *   <li>what was acknowledged stays; one request makes one session;
 *   <li>a session ends only for the reason that is given, and that reason is true; no kernel is
 *       killed that has a right to run.
 * </ol>
 */
final class Truth {
  /** How far clocks that drift may be off over the lengths of time here. */
  private static final long TOLERANCE = 2_000_000_000L;

  /** How old a wish may be when it is written: as long as it holds, and the time of one call. */
  private static final long WISH_AGE = 12_000_000_000L;

  /** A second after which a decision is not carried out any more, and the time of one call. */
  private static final long PLACEMENT_TOLERANCE = 10_000_000_000L;

  private final World world;
  private final Map<String, Set<Pod>> devices = new TreeMap<>();
  private final Map<SessionId, Pod> runtimes = new LinkedHashMap<>();
  private final Map<String, Pod> writers = new TreeMap<>();
  private final Map<SessionId, Session> sessions = new LinkedHashMap<>();
  private final Map<SessionId, Long> placedAt = new LinkedHashMap<>();
  private final Map<UUID, SessionId> acknowledged = new LinkedHashMap<>();
  private final Set<SessionId> stopsAsked = new HashSet<>();
  private final Map<SessionId, Long> held = new LinkedHashMap<>();
  private final Duration startLimit;

  /**
   * @param startLimit how long a start may take before it is given up
   */
  Truth(World world, Duration startLimit) {
    this.world = world;
    this.startLimit = startLimit;
  }

  private static String slot(Pod pod, String device) {
    return pod.node() + "/" + device;
  }

  // ---- kernels
  // ------------------------------------------------------------------------------------

  void kernelStarted(Pod pod) {
    world.trace(() -> "kernel of " + pod + " runs");
    SessionId id = pod.name().session();
    require(runtimes.putIfAbsent(id, pod), pod, "a second kernel of the session");
    for (String device : pod.request().assignment().devices()) {
      Set<Pod> there = devices.computeIfAbsent(slot(pod, device), _ -> new LinkedHashSet<>());
      there.add(pod);
      if (there.stream().mapToInt(Truth::milli).sum() > Accelerator.WHOLE) {
        throw new Violation("more is used of " + device + " than there is: " + there);
      }
    }
    pod.request()
        .volume()
        .ifPresent(
            volume ->
                require(writers.putIfAbsent(volume, pod), pod, "a second writer of " + volume));
    Session session = session(id);
    if (session.attempt() != pod.name().attempt() || session.state().held().isEmpty()) {
      throw new Violation("a kernel runs for a session that does not want it: " + session);
    }
    if (session.state().held().filter(pod.request().assignment()::equals).isEmpty()) {
      throw new Violation("a kernel runs with what its session does not hold: " + pod);
    }
  }

  private static int milli(Pod pod) {
    return pod.request().accelerator().milli();
  }

  private static void require(@Nullable Pod other, Pod pod, String what) {
    if (other != null) {
      throw new Violation(what + ": " + pod + " beside " + other);
    }
  }

  void kernelStopped(Pod pod) {
    world.trace(() -> "kernel of " + pod + " is gone");
    runtimes.remove(pod.name().session(), pod);
    devices.values().forEach(there -> there.remove(pod));
    writers.values().removeIf(pod::equals);
  }

  boolean runs(SessionId id) {
    return runtimes.containsKey(id);
  }

  int kernels() {
    return runtimes.size();
  }

  /** A runtime is ended by force. */
  void killed(Pod pod) {
    if (mayRun(pod)) {
      throw new Violation("killed while its session wants it: " + pod);
    }
  }

  /** An agent ends because the scheduler said so. */
  void agentGivesUp(Pod pod, EndReason reason) {
    if (mayRun(pod)) {
      throw new Violation("told to end (" + reason + ") while its session wants it: " + pod);
    }
  }

  /** An agent ends without asking anybody. */
  void agentEndsAlone(Pod pod, EndReason reason) {
    if (reason != EndReason.MAX_LIFETIME || !lifetimeIsOver(session(pod.name().session()))) {
      throw new Violation("ended by itself (" + reason + ") too early: " + pod);
    }
  }

  private boolean mayRun(Pod pod) {
    Session session = session(pod.name().session());
    return session.attempt() == pod.name().attempt() && session.isClaimedBy(pod.uid());
  }

  // ---- requests
  // -----------------------------------------------------------------------------------

  void acknowledged(UUID request, SessionId id) {
    SessionId before = acknowledged.putIfAbsent(request, id);
    if (before != null && !before.equals(id)) {
      throw new Violation("one request, two sessions: " + before + " and " + id);
    }
    if (!sessions.containsKey(id)) {
      throw new Violation("acknowledged, but not there: " + id);
    }
  }

  void stopAsked(SessionId id) {
    stopsAsked.add(id);
  }

  // ---- commits
  // ------------------------------------------------------------------------------------

  void inserted(Session session) {
    sessions.put(session.id(), session);
  }

  Session session(SessionId id) {
    Session session = sessions.get(id);
    if (session == null) {
      throw new Violation("a runtime of no session: " + id);
    }
    return session;
  }

  Collection<Session> sessions() {
    return sessions.values();
  }

  void committed(Session before, Session after) {
    sessions.put(after.id(), after);
    account(before, after);
    Optional<Assignment> lost = before.state().held().filter(_ -> after.state().held().isEmpty());
    if (lost.isPresent()) {
      Pod pod = runtimes.get(after.id());
      if (pod != null) {
        throw new Violation("freed while its kernel runs: " + pod);
      }
    }
    if (before.state().held().isEmpty() && after.state().held().isPresent()) {
      place(after.id(), after.state().held().get());
    }
    switch (after.state()) {
      case Stopping(_, var reason, var message, _) when !(before.state() instanceof Stopping) ->
          checkReason(before, reason, message);
      case Ended(var reason, var message, _, _)
          when !(before.state() instanceof Stopping) && !(before.state() instanceof Ended) ->
          checkReason(before, reason, message);
      case Queued _, Starting _, Running _, Stopping _, Ended _ -> {}
    }
  }

  private void place(SessionId id, Assignment assignment) {
    long at = Duration.between(World.BEGINNING, assignment.at()).toNanos();
    if (Math.abs(world.now() - at) > PLACEMENT_TOLERANCE) {
      throw new Violation("placed at a wrong time: " + id + " " + assignment);
    }
    placedAt.put(id, at);
  }

  private void checkReason(Session before, EndReason reason, String message) {
    boolean right =
        switch (reason) {
          case USER_REQUEST -> stopsAsked.contains(before.id());
          case IDLE_TIMEOUT -> isIdle(before);
          case MAX_LIFETIME -> lifetimeIsOver(before);
          case START_TIMEOUT -> startIsOverdue(before);
          case START_FAILED,
              RUNTIME_LOST,
              NODE_LOST,
              VOLUME_UNAVAILABLE,
              IMAGE_UNAVAILABLE,
              KERNEL_OUT_OF_MEMORY,
              EVICTED ->
              !runs(before.id());
          // Every volume exists, every request is possible, and nobody preempts.
          case VOLUME_NOT_FOUND, UNPLACEABLE, PREEMPTED -> false;
        };
    if (!right) {
      throw new Violation("ended for a wrong reason: " + reason + " " + message + ": " + before);
    }
  }

  private boolean isIdle(Session session) {
    Pod pod = runtimes.get(session.id());
    SimAgent agent = pod == null ? null : pod.agent();
    if (agent == null) {
      return true;
    }
    long now = Math.max(0, world.now() - agent.kernelSince());
    boolean extended =
        session
            .extendUntil()
            .filter(until -> until.isAfter(world.time().plusNanos(TOLERANCE)))
            .isPresent();
    return !extended
        && agent.usage().longestIdle(Math.max(0, now - WISH_AGE), now) + TOLERANCE
            >= session.spec().policy().idleTimeout().toNanos();
  }

  private boolean lifetimeIsOver(Session session) {
    Long placed = placedAt.get(session.id());
    return placed != null
        && world.now() - placed + TOLERANCE >= session.spec().policy().maximumLifetime().toNanos();
  }

  private boolean startIsOverdue(Session session) {
    Long placed = placedAt.get(session.id());
    return placed != null && world.now() - placed + TOLERANCE >= startLimit.toNanos();
  }

  // ---- the ledger
  // ---------------------------------------------------------------------------------

  private void account(Session before, Session after) {
    int heldBefore = devicesOf(before);
    if (heldBefore != devicesOf(after)) {
      held.merge(after.id(), (devicesOf(after) - heldBefore) * -world.now(), Long::sum);
    }
  }

  private static int devicesOf(Session session) {
    return session.state().held().map(assignment -> assignment.devices().size()).orElse(0);
  }

  /** Nanoseconds for which a session that holds nothing any more has had devices, or shares. */
  long deviceNanos(SessionId id) {
    return held.getOrDefault(id, 0L);
  }

  RuntimeName nameOf(Session session) {
    return new RuntimeName(session.id(), session.attempt());
  }
}
