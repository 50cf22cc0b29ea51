package dev.notebay.scheduler.core.reconcile;

import dev.notebay.scheduler.core.SchedulerException.StoreUnavailable;
import dev.notebay.scheduler.core.fleet.Fleet;
import dev.notebay.scheduler.core.launch.AgentLinks;
import dev.notebay.scheduler.core.launch.LaunchRequest;
import dev.notebay.scheduler.core.launch.Launcher;
import dev.notebay.scheduler.core.launch.Launcher.LaunchException;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.launch.RuntimeView;
import dev.notebay.scheduler.core.leader.Epoch;
import dev.notebay.scheduler.core.leader.Leadership;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionEvent;
import dev.notebay.scheduler.core.session.SessionEvent.StopAsked;
import dev.notebay.scheduler.core.session.SessionEvent.VolumeBusy;
import dev.notebay.scheduler.core.session.SessionEvent.VolumeReleased;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import dev.notebay.scheduler.core.session.SessionState.Running;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import dev.notebay.scheduler.core.session.SessionState.Stopping;
import dev.notebay.scheduler.core.session.SessionStore;
import dev.notebay.scheduler.core.session.SessionStore.Replacement;
import dev.notebay.scheduler.core.session.UnfinishedSessions;
import dev.notebay.scheduler.core.time.SharedClock;
import dev.notebay.scheduler.core.volume.Volumes;
import dev.notebay.scheduler.core.volume.Volumes.Mounting;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One replica's loop, a pass at a time ({@link #runOnce}).
 *
 * <ol>
 *   <li>Every replica tells the agents that are connected to it how their sessions are.
 *   <li>The one that leads looks, decides, and takes the steps, for as long as it believes in its
 *       lead. The others decide who is next only to be able to say it.
 * </ol>
 *
 * Safety rests on the store's compare-and-set and on idempotent effects; that only one replica
 * leads spares useless work.
 */
public final class ControlLoop {
  private static final Duration VOLUME_RETRY = Duration.ofSeconds(3);

  /**
   * A storage gateway that does not answer is left alone this long, so that the rest does not wait
   * for it.
   */
  private static final Duration STORAGE_REST = Duration.ofSeconds(3);

  /** Longer than any time between two passes of a loop that works. */
  private static final Duration GAP = Duration.ofSeconds(20);

  private static final Duration FRESH = Duration.ofSeconds(1);

  /** The store remembers changes for so long at least, which is many passes of any replica. */
  private static final Duration CHANGES_KEPT = Duration.ofMinutes(1);

  /**
   * After a look at everything, which takes several passes where there is much, passes look only at
   * what has changed for so many times as long as it took: what nobody tells of is seen late only
   * where there is very much to look at.
   */
  private static final int REST = 9;

  private static final Duration LONGEST_REST = Duration.ofMillis(900);

  /** So many sessions at most are written in one transaction. */
  private static final int WRITES = 500;

  /** Runtimes are looked at for so long at most before what was seen is written. */
  private static final Duration LOOKS = Duration.ofMillis(250);

  private final SessionStore store;
  private final UnfinishedSessions unfinished;
  private final Launcher launcher;
  private final Volumes volumes;
  private final AgentLinks links;
  private final Leadership leadership;
  private final SharedClock clock;
  private final Fleet fleet;
  private final Reconciler reconciler;
  private final Consumer<View> seen;
  private final Consumer<Session> changed;
  private final BiConsumer<Step, RuntimeException> failed;
  private final Executor background;
  private Instant watchedSince = Instant.MIN;
  private Instant lastLook = Instant.MIN;
  private Instant forgotAt = Instant.EPOCH;
  private final Survey survey = new Survey();
  private @Nullable CompletableFuture<Survey.Parts> prepared;
  private Instant restsUntil = Instant.MIN;
  private Duration spent = Duration.ZERO;
  private Instant storageRestsUntil = Instant.MIN;

  /**
   * @param unfinished refreshed by every pass
   * @param clock set by every pass
   * @param seen told of what there is with every look at everything; only the leader has any. The
   *     sessions and runtimes it may keep
   * @param failed told of every step that failed; the others are taken all the same, and this one
   *     again in the next pass
   * @param changed told of every session that this loop has written
   * @param background lists very many runtimes, while passes go on
   */
  public ControlLoop(
      SessionStore store,
      UnfinishedSessions unfinished,
      Launcher launcher,
      Volumes volumes,
      AgentLinks links,
      Leadership leadership,
      SharedClock clock,
      Fleet fleet,
      Reconciler reconciler,
      Consumer<View> seen,
      Consumer<Session> changed,
      BiConsumer<Step, RuntimeException> failed,
      Executor background) {
    this.store = store;
    this.unfinished = unfinished;
    this.launcher = launcher;
    this.volumes = volumes;
    this.links = links;
    this.leadership = leadership;
    this.clock = clock;
    this.fleet = fleet;
    this.reconciler = reconciler;
    this.seen = seen;
    this.changed = changed;
    this.failed = failed;
    this.background = background;
  }

  /**
   * One pass, at the store's time. Not for two threads at once.
   *
   * @throws StoreUnavailable when the store does not answer: then nothing more can be done now
   * @return whether another pass may find more to do at once: a session was written, or not
   *     everything has been looked at yet
   */
  public boolean runOnce() {
    Optional<Epoch> epoch = leadership.keep();
    clock.follow(store::now);
    unfinished.refresh();
    Instant began = clock.instant();
    forgetChanges(began);
    if (epoch.isPresent()) {
      beginSurvey(began);
    } else {
      // Whoever begins to lead begins with everything.
      restsUntil = Instant.MIN;
      prepared = null;
      survey.abandon();
    }
    List<Session> since = unfinished.placedSince();
    Collection<Session> placed = epoch.isPresent() ? concerned(since) : unfinished.placed();
    placed.forEach(links::tell);
    if (epoch.isPresent()) {
      View view = look(placed);
      List<Step> steps = reconciler.decide(view);
      endPart(began);
      return lead(epoch.get(), view, steps) | survey.isUnderWay();
    }
    reconciler.watch(fleet.nodes(), clock.instant());
    return false;
  }

  private void forgetChanges(Instant now) {
    if (Duration.between(forgotAt, now).abs().compareTo(CHANGES_KEPT) > 0) {
      unfinished.forgetSeen();
      forgotAt = now;
    }
  }

  private void beginSurvey(Instant now) {
    // A clock that was set back must not put it off.
    boolean due = !now.isBefore(restsUntil) || now.isBefore(restsUntil.minus(LONGEST_REST));
    if (!due || survey.isUnderWay()) {
      return;
    }
    if (prepared == null) {
      List<SessionId> sessions = unfinished.placed().stream().map(Session::id).toList();
      prepared =
          CompletableFuture.supplyAsync(
              () -> Survey.Parts.of(sessions, launcher.list()),
              Survey.isLarge(sessions.size()) ? background : Runnable::run);
    }
    if (prepared.isDone()) {
      CompletableFuture<Survey.Parts> done = prepared;
      prepared = null;
      survey.begin(result(done));
      spent = Duration.ZERO;
    }
  }

  private static Survey.Parts result(CompletableFuture<Survey.Parts> done) {
    try {
      return done.join();
    } catch (CompletionException failed) {
      throw failed.getCause() instanceof RuntimeException failure ? failure : failed;
    }
  }

  private void endPart(Instant began) {
    if (survey.isUnderWay()) {
      if (survey.isAtLastPart()) {
        seen.accept(view(List.copyOf(unfinished.placed()), survey.everyRuntime()));
      }
      survey.advance();
      Instant now = clock.instant();
      spent = spent.plus(Duration.between(began, now));
      Duration rest = spent.multipliedBy(REST);
      restsUntil = now.plus(rest.compareTo(LONGEST_REST) > 0 ? LONGEST_REST : rest);
    }
  }

  /** What has changed, and what the survey has come to. */
  private Collection<Session> concerned(List<Session> since) {
    Map<SessionId, Session> all = new LinkedHashMap<>();
    for (SessionId id : survey.sessions()) {
      unfinished
          .find(id)
          .filter(session -> !(session.state() instanceof Queued))
          .ifPresent(session -> all.put(id, session));
    }
    since.forEach(session -> all.put(session.id(), session));
    return all.values();
  }

  private boolean lead(Epoch epoch, View view, List<Step> decided) {
    boolean written = false;
    for (List<Step> steps : batches(decided)) {
      if (!leadership.holds(epoch)) {
        return false;
      }
      if (steps.getFirst() instanceof Step.Write && isStale(view)) {
        continue;
      }
      written |= takeAll(steps, epoch);
    }
    return written;
  }

  /** The steps in their order, those together that one transaction can take. */
  private static List<List<Step>> batches(List<Step> steps) {
    List<List<Step>> batches = new ArrayList<>();
    for (Step step : steps) {
      if (batches.isEmpty() || !isTakenWith(batches.getLast(), step)) {
        batches.add(new ArrayList<>());
      }
      batches.getLast().add(step);
    }
    return batches;
  }

  private static boolean isTakenWith(List<Step> batch, Step step) {
    return switch (step) {
      case Step.Write _ -> batch.getFirst() instanceof Step.Write && batch.size() < WRITES;
      case Step.WriteIfGone _ ->
          batch.getFirst() instanceof Step.WriteIfGone && batch.size() < WRITES;
      case Step.Start _, Step.Terminate _, Step.ReleaseVolume _, Step.Remove _ -> false;
    };
  }

  /**
   * Takes some steps; one that fails keeps no other from being taken.
   *
   * @return whether a session was written
   */
  private boolean takeAll(List<Step> steps, Epoch epoch) {
    boolean written = false;
    Map<Step, Session> writes = new LinkedHashMap<>();
    Instant began = clock.instant();
    for (Step step : steps) {
      Instant now = clock.instant();
      if (now.isAfter(began.plus(LOOKS))) {
        written |= writeTogether(writes, epoch);
        writes.clear();
        began = now;
      }
      try {
        written |= take(step, epoch, now, next -> writes.put(step, next));
      } catch (StoreUnavailable away) {
        throw away;
      } catch (RuntimeException failure) {
        failed.accept(step, failure);
      }
    }
    return writeTogether(writes, epoch) | written;
  }

  private boolean writeTogether(Map<Step, Session> writes, Epoch epoch) {
    if (writes.isEmpty()) {
      return false;
    }
    try {
      return writeAll(List.copyOf(writes.values()), epoch);
    } catch (StoreUnavailable away) {
      throw away;
    } catch (RuntimeException oneOfThem) {
      return writeSingly(writes, epoch);
    }
  }

  private boolean writeSingly(Map<Step, Session> writes, Epoch epoch) {
    boolean written = false;
    for (Map.Entry<Step, Session> write : writes.entrySet()) {
      try {
        written |= writeAll(List.of(write.getValue()), epoch);
      } catch (StoreUnavailable away) {
        throw away;
      } catch (RuntimeException failure) {
        failed.accept(write.getKey(), failure);
      }
    }
    return written;
  }

  /**
   * Whether so much time has passed that what is written from the view would carry a wrong time: a
   * placement, for instance, would begin before it was made. The next pass decides it anew. The
   * first steps are taken at once, so that there are always some.
   */
  private boolean isStale(View view) {
    return clock.instant().isAfter(view.now().plus(FRESH));
  }

  /**
   * Of what the survey has not come to, whose runtime has claimed it runs, as far as is known here;
   * of the others launching again is launching once, and nothing is freed without a look of its
   * own.
   */
  private View look(Collection<Session> placed) {
    List<RuntimeView> present = survey.runtimes();
    Set<SessionId> others =
        present.stream()
            .map(runtime -> runtime.name().session())
            .filter(id -> unfinished.find(id).isEmpty())
            .collect(Collectors.toSet());
    // A session created since they were listed may own one by now; reading them again misses none.
    List<Session> owners = others.isEmpty() ? List.of() : store.findAll(others);
    Stream<RuntimeView> running =
        placed.stream()
            .filter(session -> !survey.isOfPart(session.id()) && isClaimed(session))
            .map(session -> new RuntimeView.Running(nameOf(session)));
    return view(
        owners.isEmpty() ? placed : Stream.concat(placed.stream(), owners.stream()).toList(),
        Stream.concat(present.stream(), running).toList());
  }

  private static boolean isClaimed(Session session) {
    return switch (session.state()) {
      case Running _ -> true;
      case Starting(_, var claimedBy) -> claimedBy.isPresent();
      case Queued _, Stopping _, Ended _ -> false;
    };
  }

  private View view(Collection<Session> placed, List<RuntimeView> runtimes) {
    Instant now = clock.instant();
    if (lastLook.isBefore(now.minus(GAP))) {
      watchedSince = now;
    }
    lastLook = now;
    return new View(unfinished.waiting(), placed, runtimes, fleet.nodes(), watchedSince, now);
  }

  /**
   * Takes one step.
   *
   * @param due told of a session that is to be written, together with others
   * @return whether a session was written
   */
  private boolean take(Step step, Epoch epoch, Instant now, Consumer<Session> due) {
    return switch (step) {
      case Step.Write(var next) -> {
        due.accept(next);
        yield false;
      }
      case Step.WriteIfGone(var runtime, var next) -> {
        if (isGone(runtime)) {
          due.accept(next);
        }
        yield false;
      }
      case Step.Start(var session) -> start(session, epoch, now);
      case Step.Terminate(var runtime) -> {
        launcher.terminate(runtime);
        yield false;
      }
      case Step.ReleaseVolume(var session) -> release(session, epoch, now);
      case Step.Remove(var runtime) -> {
        launcher.remove(runtime);
        yield false;
      }
    };
  }

  private boolean isGone(RuntimeName name) {
    return switch (launcher.look(name).orElse(null)) {
      case null -> true;
      case RuntimeView.Ended _ -> true;
      case RuntimeView.Starting _, RuntimeView.Running _ -> false;
    };
  }

  private boolean start(Session session, Epoch epoch, Instant now) {
    if (!(session.state() instanceof Starting(var assignment, _))) {
      return false;
    }
    Optional<String> path = Optional.empty();
    if (session.spec().volume().isPresent()) {
      if (now.isBefore(storageRestsUntil)) {
        return false;
      }
      String volume = session.spec().volume().get();
      switch (volumes.mount(session.owner(), volume, nameOf(session), assignment.node())) {
        case Mounting.Mounted(var hostPath) -> path = Optional.of(hostPath);
        case Mounting.NotFound(var message) -> {
          return write(session, new StopAsked(EndReason.VOLUME_NOT_FOUND, message, now), epoch);
        }
        case Mounting.InUse(var message) -> {
          return write(session, new VolumeBusy(message, now.plus(VOLUME_RETRY), now), epoch);
        }
        case Mounting.Refused(var message) -> {
          return write(session, new StopAsked(EndReason.START_FAILED, message, now), epoch);
        }
        // Tried again in the next pass, until the start times out.
        case Mounting.Unavailable _ -> {
          storageRestsUntil = now.plus(STORAGE_REST);
          return false;
        }
      }
    }
    try {
      launcher.launch(
          new LaunchRequest(
              nameOf(session),
              session.owner(),
              session.spec().accelerator(),
              session.spec().compute(),
              assignment,
              path,
              session.spec().image(),
              session.spec().environment()));
      return false;
    } catch (LaunchException cannot) {
      String message = cannot.getMessage() == null ? "cannot launch" : cannot.getMessage();
      return write(session, new StopAsked(EndReason.START_FAILED, message, now), epoch);
    }
  }

  private boolean release(Session session, Epoch epoch, Instant now) {
    if (now.isBefore(storageRestsUntil)) {
      return false;
    }
    if (!volumes.unmount(nameOf(session))) {
      storageRestsUntil = now.plus(STORAGE_REST);
      return false;
    }
    return write(session, new VolumeReleased(now), epoch);
  }

  private boolean write(Session session, SessionEvent event, Epoch epoch) {
    return session.on(event).map(next -> writeAll(List.of(next), epoch)).orElse(false);
  }

  private boolean writeAll(List<Session> next, Epoch epoch) {
    boolean written = false;
    List<Replacement> results = store.replaceAll(next, epoch);
    for (int i = 0; i < next.size(); i++) {
      switch (results.get(i)) {
        case REPLACED -> {
          changed.accept(next.get(i));
          written = true;
        }
        case CHANGED, DEVICE_TAKEN -> {}
        case FENCED -> leadership.lose(epoch);
      }
    }
    return written;
  }

  private static RuntimeName nameOf(Session session) {
    return new RuntimeName(session.id(), session.attempt());
  }
}
