package dev.notebay.scheduler.kube.session;

import static dev.notebay.scheduler.core.Sessions.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.Sessions;
import dev.notebay.scheduler.core.launch.AgentReport;
import dev.notebay.scheduler.core.request.Agents;
import dev.notebay.scheduler.core.request.Allowance;
import dev.notebay.scheduler.core.request.SessionRequests;
import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.InMemorySessionStore;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.RequestKey;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionEvent;
import dev.notebay.scheduler.core.session.SessionId;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/**
 * Random histories of people, sessions, a failing API server, and replicas that follow each other:
 * afterwards every session has one object, and every object that lives has one session.
 */
class SessionObjectsHistoryTest {
  private static final int HISTORIES = 60;
  private static final int STEPS = 80;

  /** Held, for loggers are only weakly kept: failures are what this is about. */
  private static final Logger LOG = Logger.getLogger(SessionObjects.class.getName());

  @Test
  void sessionsAndObjectsComeIntoStepWhateverHappened() {
    LOG.setLevel(Level.OFF);
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    var random = new SplittableRandom(seed);
    try (ExecutorService writers = Executors.newSingleThreadExecutor()) {
      for (int i = 0; i < HISTORIES; i++) {
        new History(random.split(), writers).run();
      }
    } finally {
      LOG.setLevel(null);
    }
  }

  private static final class History implements Agents {
    private final SplittableRandom random;
    private final ExecutorService writers;
    private Instant now = NOON;
    private int ids;
    private int applied;
    private boolean flaky;
    private final InMemorySessionStore store = new InMemorySessionStore(() -> now);
    private final SessionObjectCache cache = new SessionObjectCache(() -> {});
    private final FakeSessionObjectApi api = new FakeSessionObjectApi(cache);
    private final SessionRequests requests =
        new SessionRequests(
            store,
            Sessions.line(() -> List.of(Sessions.node("node-1", 4, "nvidia-t4"))),
            this,
            Allowance.USUAL,
            () -> Sessions.id(++ids).value(),
            _ -> {});
    private SessionObjects leader;

    History(SplittableRandom random, ExecutorService writers) {
      this.random = random;
      this.writers = writers;
      leader = replica();
      api.failWhen(() -> flaky && this.random.nextInt(4) == 0);
    }

    void run() {
      for (int step = 0; step < STEPS; step++) {
        step();
        now = now.plusMillis(random.nextInt(3000));
      }
      settle();
      long live =
          api.all().stream()
              .filter(object -> !SessionObjectReconciler.isOver(object))
              .peek(object -> assertThat(object.isMarkedForDeletion()).isFalse())
              .map(object -> object.getStatus().session())
              .distinct()
              .count();
      List<Session> going = going();
      assertThat(live).isEqualTo(going.size());
      assertThat(going)
          .allMatch(session -> cache.find(session.id()).isPresent())
          .extracting(Session::id)
          .doesNotHaveDuplicates();
      assertThat(api.all())
          .extracting(object -> object.getStatus().session())
          .doesNotHaveDuplicates();
      for (int object = 1; object <= applied; object++) {
        assertThat(everMadeBy("applied-" + object)).hasSizeLessThanOrEqualTo(1);
      }
      api.writes.clear();
      settle();
      assertThat(api.writes).isEmpty();
    }

    private void step() {
      switch (random.nextInt(10)) {
        case 0 -> create();
        case 1 -> apply();
        case 2 -> anyObject().ifPresent(object -> api.personDeletes(name(object)));
        case 3 -> flaky = !flaky;
        case 4 -> leader = replica();
        case 5 -> anySession().ifPresent(this::end);
        case 6 ->
            anySession()
                .ifPresent(one -> requests.stop(one.owner(), one.id(), Optional.empty(), now));
        default -> {
          anySession().ifPresent(this::advance);
          leader.runOnce();
        }
      }
    }

    /** What was asked to end does, and the API server works. */
    private void settle() {
      flaky = false;
      for (int pass = 0; pass < 8; pass++) {
        store.unfinished().stream()
            .filter(session -> session.state().label().equals("STOPPING"))
            .forEach(this::end);
        now = now.plusSeconds(16);
        leader.runOnce();
      }
    }

    private void create() {
      if (going().size() < 4) {
        requests.create(
            new Owner("user-" + random.nextInt(9)),
            Sessions.spec("nvidia-t4", 1),
            new RequestKey(new UUID(random.nextLong(), 7), "00"),
            now);
      }
    }

    private void apply() {
      if (api.all().size() < 6) {
        var object = new NotebookSession();
        object.getMetadata().setName("applied-" + ++applied);
        object.getMetadata().setNamespace("sessions");
        object.setSpec(
            Serialization.unmarshal("owner: applied-" + applied, NotebookSessionSpec.class));
        api.person(object);
      }
    }

    private void advance(Session session) {
      on(
          session,
          new SessionEvent.Placed(
              new Assignment("node-1", "nvidia-t4", List.of("gpu-" + session.id()), now)));
      on(session, new SessionEvent.Claimed("uid", now));
      on(session, new SessionEvent.Ready("uid", Sessions.JUPYTER, now));
    }

    private void end(Session session) {
      on(session, new SessionEvent.RuntimeGone(EndReason.RUNTIME_LOST, "gone", now));
      on(session, new SessionEvent.RuntimeGone(EndReason.RUNTIME_LOST, "gone", now));
      on(session, new SessionEvent.VolumeReleased(now));
    }

    private void on(Session session, SessionEvent event) {
      store.find(session.id()).flatMap(present -> present.on(event)).ifPresent(store::replace);
    }

    private List<Session> everMadeBy(String owner) {
      return store.list(new Owner(owner), true, Optional.empty(), 1000);
    }

    private List<Session> going() {
      return store.unfinished().stream().filter(session -> !session.isEnded()).toList();
    }

    private Optional<Session> anySession() {
      return any(store.unfinished());
    }

    private Optional<NotebookSession> anyObject() {
      return any(new ArrayList<>(api.all()));
    }

    private <T> Optional<T> any(List<T> all) {
      return all.isEmpty() ? Optional.empty() : Optional.of(all.get(random.nextInt(all.size())));
    }

    private static String name(NotebookSession object) {
      return object.getMetadata().getName();
    }

    private SessionObjects replica() {
      return new SessionObjects(
          cache,
          () -> true,
          store::unfinished,
          new SessionObjectReconciler(
              api,
              requests,
              _ -> Optional.empty(),
              new SpecReader(Allowance.USUAL),
              cache::link,
              "notebay",
              Duration.ofHours(1)),
          "sessions",
          "notebay",
          () -> true,
          () -> false,
          () -> now,
          writers);
    }

    @Override
    public boolean isConnected(SessionId session) {
      return false;
    }

    @Override
    public Optional<AgentReport> lastReport(SessionId session) {
      return Optional.empty();
    }
  }
}
