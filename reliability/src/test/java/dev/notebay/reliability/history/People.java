package dev.notebay.reliability.history;

import dev.notebay.reliability.history.SessionAnswer.Many;
import dev.notebay.reliability.history.SessionAnswer.One;
import dev.notebay.reliability.history.SessionCall.Create;
import dev.notebay.reliability.history.SessionCall.Extend;
import dev.notebay.reliability.history.SessionCall.Get;
import dev.notebay.reliability.history.SessionCall.ListAll;
import dev.notebay.reliability.history.SessionCall.Stop;
import dev.notebay.scheduler.core.SchedulerException;
import dev.notebay.scheduler.core.Sessions;
import dev.notebay.scheduler.core.launch.AgentReport;
import dev.notebay.scheduler.core.request.Agents;
import dev.notebay.scheduler.core.request.Allowance;
import dev.notebay.scheduler.core.request.SessionRequests;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.InMemorySessionStore;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.RequestKey;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * People who ask the real {@link SessionRequests} at random, several at a time, while a control
 * plane changes their sessions. Each call is carried out at one instant between its begin and its
 * answer; some answers are lost, and some calls that were given up are carried out long after. So
 * every history that comes of it is linearizable.
 */
final class People {
  private static final List<Owner> OWNERS =
      List.of(new Owner("ada"), new Owner("bob"), new Owner("cy"));
  private static final int CLIENTS = 6;
  private static final SessionSpec USUAL = Sessions.spec(Accelerator.NONE);
  private static final SessionSpec IMPOSSIBLE = Sessions.spec("nvidia-h100", 1);

  private final SplittableRandom random;
  private final InMemorySessionStore store = new InMemorySessionStore(() -> Sessions.NOON);
  private final SessionRequests requests;
  private final History<SessionCall, SessionAnswer> history = new History<>();
  private final List<Sighting> seen = new ArrayList<>();
  private final List<Create> creations = new ArrayList<>();
  private final List<SessionCall> givenUp = new ArrayList<>();
  private final List<Client> clients = new ArrayList<>();
  private Instant now = Sessions.NOON;
  private int begun;

  private final class Client {
    private final String name;
    private final Owner owner;
    private @Nullable Open open;

    private Client(int number) {
      this.name = "client" + number;
      this.owner = OWNERS.get(number % OWNERS.size());
    }

    private void act() {
      if (open == null) {
        SessionCall call = call(owner);
        open = new Open(call, history.begin(name, call, nanos()), null);
        begun++;
      } else if (open.answer() != null) {
        take(open.record(), open.answer());
        open = null;
      } else if (random.nextInt(20) == 0) {
        givenUp.add(open.call());
        open = null;
      } else {
        open = new Open(open.call(), open.record(), answer(open.call()));
      }
    }

    private void take(History<SessionCall, SessionAnswer>.Call record, SessionAnswer answer) {
      if (random.nextInt(12) == 0) {
        return;
      }
      record.answered(answer, nanos());
      switch (answer) {
        case One(var session) -> seen.add(session);
        case Many(var sessions) -> seen.addAll(sessions);
        case SessionAnswer.Refused _, SessionAnswer.InWrongPhase _ -> {}
      }
    }
  }

  /**
   * @param answer null until it is carried out
   */
  private record Open(
      SessionCall call,
      History<SessionCall, SessionAnswer>.Call record,
      @Nullable SessionAnswer answer) {}

  private People(long seed) {
    this.random = new SplittableRandom(seed);
    this.requests =
        new SessionRequests(
            store,
            Sessions.line(() -> List.of(Sessions.node("node", 4, "nvidia-t4"))),
            new NoAgents(),
            Allowance.USUAL,
            () -> new UUID(random.nextLong(), random.nextLong()),
            _ -> {});
    for (int number = 0; number < CLIENTS; number++) {
      clients.add(new Client(number));
    }
  }

  /** A history of that many calls. */
  static List<Operation<SessionCall, SessionAnswer>> history(long seed, int calls) {
    var people = new People(seed);
    while (people.begun < calls) {
      people.step();
    }
    return people.history.operations();
  }

  private void step() {
    now = now.plusMillis(random.nextInt(3));
    int what = random.nextInt(10);
    if (what < 7) {
      clients.get(random.nextInt(CLIENTS)).act();
    } else if (what < 9) {
      change();
    } else if (!givenUp.isEmpty() && random.nextInt(4) == 0) {
      answer(givenUp.remove(random.nextInt(givenUp.size())));
    }
  }

  private void change() {
    List<Session> unfinished = store.unfinished();
    if (!unfinished.isEmpty()) {
      unfinished
          .get(random.nextInt(unfinished.size()))
          .on(ControlPlane.own(random, now))
          .ifPresent(store::replace);
    }
  }

  private SessionCall call(Owner owner) {
    List<Sighting> known = seen.stream().filter(each -> isKnown(each, owner)).toList();
    int what = known.isEmpty() ? 0 : random.nextInt(20);
    if (what < 4) {
      return create(owner);
    } else if (what < 7) {
      return new ListAll(owner, random.nextBoolean());
    }
    Sighting one = known.get(Math.max(0, known.size() - 1 - random.nextInt(20)));
    SessionId id = one.id();
    Optional<String> etag =
        Optional.of(Long.toString(one.version())).filter(_ -> random.nextBoolean());
    return what < 9
        ? new Stop(owner, id, etag)
        : what < 12 ? new Extend(owner, id) : new Get(owner, id);
  }

  /** Its own, and now and then somebody else's. */
  private boolean isKnown(Sighting sighting, Owner owner) {
    return sighting.owner().equals(owner) || random.nextInt(10) == 0;
  }

  private Create create(Owner owner) {
    List<Create> before = creations.stream().filter(each -> each.owner().equals(owner)).toList();
    String digest = random.nextInt(15) == 0 ? "impossible" : "usual";
    Create create =
        before.isEmpty() || random.nextInt(3) > 0
            ? new Create(
                owner, new RequestKey(new UUID(random.nextLong(), random.nextLong()), digest))
            : random.nextInt(4) > 0
                ? before.getLast()
                : new Create(owner, new RequestKey(before.getLast().key().id(), digest));
    creations.add(create);
    return create;
  }

  private SessionAnswer answer(SessionCall call) {
    try {
      return switch (call) {
        case Create(var owner, var key) ->
            SessionAnswer.of(
                requests.create(
                    owner, key.digest().equals("usual") ? USUAL : IMPOSSIBLE, key, now));
        case Get(var owner, var id) -> SessionAnswer.of(requests.get(owner, id, now));
        case ListAll(var owner, var withEnded) ->
            SessionAnswer.of(requests.list(owner, withEnded, Optional.empty(), 1000, now));
        case Stop(var owner, var id, var etag) ->
            SessionAnswer.of(requests.stop(owner, id, etag, now));
        case Extend(var owner, var id) ->
            SessionAnswer.of(
                requests.extend(
                    owner, id, Optional.of(Duration.ofSeconds(random.nextInt(60) + 1L)), now));
      };
    } catch (SchedulerException failure) {
      return SessionAnswer.of(failure).orElseThrow(() -> failure);
    }
  }

  private long nanos() {
    return Duration.between(Sessions.NOON, now).toNanos();
  }

  private static final class NoAgents implements Agents {
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
