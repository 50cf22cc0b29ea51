package dev.notebay.scheduler.postgres;

import static dev.notebay.scheduler.core.session.Sessions.ADA;
import static dev.notebay.scheduler.core.session.Sessions.BOB;
import static dev.notebay.scheduler.core.session.Sessions.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.ledger.Ledger;
import dev.notebay.scheduler.core.ledger.Usage;
import dev.notebay.scheduler.core.ledger.UsageQuery;
import dev.notebay.scheduler.core.ledger.UsageQuery.Dimension;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionEvent;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionSpec;
import dev.notebay.scheduler.core.session.SessionStore.Replacement;
import dev.notebay.scheduler.core.session.Sessions;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PostgresLedgerTest {
  private static final Duration DAY = Duration.ofDays(1);
  private static RealPostgres postgres;

  private PostgresSessionStore store;
  private Ledger ledger;

  @BeforeAll
  static void start() throws IOException {
    postgres = RealPostgres.start();
  }

  @AfterAll
  static void stop() throws IOException {
    postgres.close();
  }

  @BeforeEach
  void empty() throws SQLException {
    postgres.empty();
    store = new PostgresSessionStore(postgres.database());
    ledger = new PostgresLedger(postgres.database());
  }

  private Session queued(Owner owner, String queue) {
    SessionSpec spec = Sessions.spec();
    Session session =
        Session.queued(
            new SessionId(UUID.randomUUID()),
            owner,
            new SessionSpec(
                "",
                new Accelerator("nvidia-t4", 1),
                spec.compute(),
                Optional.empty(),
                spec.policy(),
                queue,
                0),
            NOON);
    store.insert(session, Sessions.key(), 1000);
    return session;
  }

  private Session write(Session session, SessionEvent event) {
    Session next = session.on(event).orElseThrow();
    assertThat(store.replace(next)).isEqualTo(Replacement.REPLACED);
    return next;
  }

  private static UsageQuery query(Instant from, Instant until, Dimension... by) {
    return new UsageQuery(
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        from,
        until,
        Set.of(by),
        1000);
  }

  @Test
  void nothingWasUsedWhereNothingWasHeld() {
    queued(ADA, "default");

    assertThat(ledger.read(query(NOON, NOON.plus(DAY), Dimension.OWNER)))
        .isEqualTo(new Ledger.Report(List.of(), Usage.NONE));
  }

  @Test
  void tellsEveryUseThatIsOver() {
    Session session = queued(ADA, "research");
    Instant before = store.now();
    session =
        write(
            session,
            new SessionEvent.Placed(
                new Assignment("n", "nvidia-t4", List.of("gpu-0", "gpu-1"), NOON)));
    assertThat(ledger.ended(before)).isEmpty();
    session = write(session, new SessionEvent.StopAsked(EndReason.USER_REQUEST, "", NOON));
    write(session, new SessionEvent.RuntimeGone(EndReason.USER_REQUEST, "", NOON));

    assertThat(ledger.ended(before))
        .hasSize(2)
        .allSatisfy(
            use -> {
              assertThat(use.queue()).isEqualTo("research");
              assertThat(use.owner()).isEqualTo(ADA);
              assertThat(use.milliDevices()).isEqualTo(1000L);
              assertThat(use.from()).isBetween(before, use.until());
            });
    assertThat(ledger.ended(store.now())).isEmpty();
  }

  @Test
  void countsExactlyFromTheWriteThatBooksToTheOneThatFrees() {
    Session session = queued(ADA, "research");
    Instant before = store.now();
    session =
        write(
            session,
            new SessionEvent.Placed(
                new Assignment("n", "nvidia-t4", List.of("gpu-0", "gpu-1"), NOON)));
    Instant far = before.plus(DAY);

    Ledger.Report held = ledger.read(query(before.minus(DAY), far, Dimension.QUEUE));
    assertThat(held.total().rateMilli()).isEqualTo(2000);
    assertThat(held.rows().getFirst().queue()).contains("research");

    session = write(session, new SessionEvent.StopAsked(EndReason.USER_REQUEST, "", NOON));
    write(session, new SessionEvent.RuntimeGone(EndReason.USER_REQUEST, "", NOON));
    Duration used =
        store.uses(session.id()).stream()
            .map(use -> Duration.between(use.from(), use.until().orElseThrow()))
            .reduce(Duration.ZERO, Duration::plus);
    assertThat(used).isPositive().isGreaterThanOrEqualTo(held.total().gpuTime());

    Usage total = ledger.read(query(before.minus(DAY), far)).total();
    assertThat(total.gpuTime()).isEqualTo(used);
    assertThat(total.rateMilli()).isZero();
    // The database's clock is the only one that counts: the session's own times are of noon.
    assertThat(ledger.read(query(NOON, NOON.plus(DAY))).total()).isEqualTo(Usage.NONE);
  }

  /** One use as the model has it. */
  private record Use(
      Owner owner,
      String queue,
      SessionId session,
      String type,
      int milli,
      Instant from,
      Optional<Instant> until) {
    private long microsWithin(Instant start, Instant end, Instant now) {
      Instant from = this.from.isAfter(start) ? this.from : start;
      Instant until = this.until.orElse(now).isBefore(end) ? this.until.orElse(now) : end;
      return Math.max(0, Duration.between(from, until).toNanos() / 1000);
    }
  }

  /** Uses written at any times, summed up by the ledger and by hand. */
  @Test
  void addsUpToTheMicrosecondInAnyHistory() throws SQLException {
    long seed = 5_2026L;
    var random = new SplittableRandom(seed);
    List<Use> uses = anyUses(random);
    for (int step = 0; step < 200; step++) {
      Instant from = NOON.plusNanos(1000 * random.nextLong(3_600_000_000L));
      Instant until = from.plusNanos(1000 * random.nextLong(1, 3_600_000_000L));
      Set<Dimension> by = EnumSet.noneOf(Dimension.class);
      for (Dimension dimension : Dimension.values()) {
        if (random.nextBoolean()) {
          by.add(dimension);
        }
      }
      Use like = uses.get(random.nextInt(uses.size()));
      var query =
          new UsageQuery(
              some(random, like.owner()),
              some(random, like.queue()),
              some(random, like.session()),
              some(random, like.type()),
              from,
              until,
              by,
              1000);

      Ledger.Report report = ledger.read(query);

      Map<List<Object>, long[]> expected = byHand(uses, query);
      Map<List<Object>, long[]> answered = new HashMap<>();
      for (Usage row : report.rows()) {
        answered.put(
            List.of(row.owner(), row.queue(), row.session(), row.accelerator()),
            new long[] {row.gpuTime().toNanos(), row.rateMilli()});
      }
      assertThat(report.total().gpuTime().toNanos())
          .as("seed %s step %s", seed, step)
          .isEqualTo(expected.values().stream().mapToLong(sums -> sums[0]).sum());
      if (!by.isEmpty()) {
        assertThat(answered.keySet())
            .as("seed %s step %s", seed, step)
            .isEqualTo(expected.keySet());
        expected.forEach((key, sums) -> assertThat(answered.get(key)).isEqualTo(sums));
      }
    }
  }

  private static <T> Optional<T> some(SplittableRandom random, T value) {
    return random.nextInt(4) == 0 ? Optional.of(value) : Optional.empty();
  }

  private static Map<List<Object>, long[]> byHand(List<Use> uses, UsageQuery query) {
    Map<List<Object>, long[]> sums = new HashMap<>();
    for (Use use : uses) {
      boolean asked =
          query.owner().filter(owner -> !owner.equals(use.owner())).isEmpty()
              && query.queue().filter(queue -> !queue.equals(use.queue())).isEmpty()
              && query.session().filter(id -> !id.equals(use.session())).isEmpty()
              && query.accelerator().filter(type -> !type.equals(use.type())).isEmpty()
              && use.from().isBefore(query.until())
              && use.until().filter(until -> !until.isAfter(query.from())).isEmpty();
      if (asked) {
        long[] sum =
            sums.computeIfAbsent(
                List.of(
                    by(query, Dimension.OWNER, use.owner()),
                    by(query, Dimension.QUEUE, use.queue()),
                    by(query, Dimension.SESSION, use.session()),
                    by(query, Dimension.ACCELERATOR, use.type())),
                _ -> new long[2]);
        // Uses without an end go on long after every range that is asked for.
        sum[0] += use.microsWithin(query.from(), query.until(), Instant.MAX) * use.milli();
        sum[1] += use.until().isEmpty() ? use.milli() : 0;
      }
    }
    return sums;
  }

  private static Optional<Object> by(UsageQuery query, Dimension dimension, Object value) {
    return query.by().contains(dimension) ? Optional.of(value) : Optional.empty();
  }

  private List<Use> anyUses(SplittableRandom random) throws SQLException {
    List<Use> uses = new ArrayList<>();
    for (int count = 0; count < 12; count++) {
      Session session =
          queued(random.nextBoolean() ? ADA : BOB, random.nextBoolean() ? "research" : "default");
      for (int device = 0; device < 5; device++) {
        Instant from = NOON.plusNanos(1000 * random.nextLong(5_400_000_000L));
        Optional<Instant> until =
            random.nextInt(4) == 0
                ? Optional.empty()
                : Optional.of(from.plusNanos(1000 * random.nextLong(3_600_000_000L)));
        var use =
            new Use(
                session.owner(),
                session.spec().queue(),
                session.id(),
                random.nextBoolean() ? "nvidia-t4" : "nvidia-a100",
                random.nextBoolean() ? 1000 : random.nextInt(1, 1000),
                from,
                until);
        uses.add(use);
        postgres.execute(
            """
            INSERT INTO scheduler.device_use
              (session_id, attempt, node, device, type, milli, used_from, used_until)
            VALUES ('%s', 1, 'n', '%s-%d', '%s', %d, '%s', %s)
            """
                .formatted(
                    use.session(),
                    use.session(),
                    device,
                    use.type(),
                    use.milli(),
                    use.from(),
                    until.map(instant -> "'" + instant + "'").orElse("NULL")));
      }
    }
    return uses;
  }

  @Test
  void givesTheGreatestRowsAndTheTotalOfAll() throws SQLException {
    List<Use> uses = anyUses(new SplittableRandom(1));
    var all = query(NOON, NOON.plus(DAY), Dimension.SESSION);
    var few =
        new UsageQuery(
            all.owner(),
            all.queue(),
            all.session(),
            all.accelerator(),
            all.from(),
            all.until(),
            all.by(),
            3);

    Ledger.Report whole = ledger.read(all);
    Ledger.Report cut = ledger.read(few);

    assertThat(uses).hasSize(60);
    assertThat(whole.rows()).hasSize(12);
    assertThat(whole.rows())
        .isSortedAccordingTo((one, other) -> other.gpuTime().compareTo(one.gpuTime()));
    assertThat(cut.rows()).isEqualTo(whole.rows().subList(0, 3));
    assertThat(cut.total()).isEqualTo(whole.total());
  }
}
