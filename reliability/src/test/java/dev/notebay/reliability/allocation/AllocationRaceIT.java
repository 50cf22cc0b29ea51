package dev.notebay.reliability.allocation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.reliability.allocation.AllocationRace.Outcome;
import dev.notebay.scheduler.postgres.PostgresLeaderLease;
import dev.notebay.scheduler.postgres.PostgresSessionStore;
import dev.notebay.scheduler.postgres.RealPostgres;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * No device is given beyond what it is, whole or in shares, however many want it at once: counted
 * by a witness outside the database, and again by the ledger in it. With {@code
 * -Dreliability.scale=long} a million times.
 */
@Isolated
class AllocationRaceIT {
  private static final long ALLOCATIONS =
      "long".equals(System.getProperty("reliability.scale")) ? 1_000_000 : 20_000;

  /** Of what is asked for; in which order it is, is left to the machine. */
  private static final long SEED = 1;

  /** Instants from which on more of a device was in use than there is. */
  private static final String OVERLAPS =
      """
      SELECT count(*) FROM (
        SELECT sum(milli) OVER (
          PARTITION BY node, split_part(device, '#', 1) ORDER BY at, milli) AS total
        FROM (
          SELECT node, device, used_from AS at, milli
          FROM scheduler.device_use WHERE session_id IS NOT NULL
          UNION ALL
          SELECT node, device, used_until, -milli
          FROM scheduler.device_use WHERE session_id IS NOT NULL AND used_until IS NOT NULL)
        AS change)
      AS use
      WHERE total > 1000
      """;

  /** Makes the unique index and the sums see another device for every session. */
  private static final String BLIND_INDEX =
      """
      CREATE FUNCTION scheduler.blind() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN NEW.device := NEW.device || '#' || NEW.session_id; RETURN NEW; END $$;
      CREATE TRIGGER blind BEFORE INSERT ON scheduler.device_use
        FOR EACH ROW WHEN (NEW.session_id IS NOT NULL) EXECUTE FUNCTION scheduler.blind();
      """;

  private RealPostgres postgres;

  @BeforeEach
  void start() throws IOException {
    postgres = RealPostgres.start();
  }

  @AfterEach
  void stop() throws IOException {
    postgres.close();
  }

  private Outcome race(long allocations) throws InterruptedException {
    var race =
        new AllocationRace(
            new PostgresSessionStore(postgres.database()),
            new PostgresLeaderLease(postgres.database()),
            allocations);
    Outcome outcome = race.run(SEED);
    System.out.printf(
        "reliability: allocation race: %s, %.0f allocations/s%n", outcome, outcome.perSecond());
    return outcome;
  }

  @Test
  void noDeviceIsGivenBeyondWhatItIs() throws Exception {
    Outcome outcome = race(ALLOCATIONS);

    assertThat(outcome.doubles()).isZero();
    assertThat(postgres.number(OVERLAPS)).isZero();
    assertThat(outcome.allocations()).isGreaterThanOrEqualTo(ALLOCATIONS);
    assertThat(
            postgres.number(
                "SELECT count(*) FROM scheduler.device_use WHERE session_id IS NOT NULL"))
        .as("every booking is in the ledger, once")
        .isEqualTo(outcome.booked());
    assertThat(
            postgres.number("SELECT count(*) FROM scheduler.device_use WHERE used_until IS NULL"))
        .as("everything is free in the end")
        .isZero();
    assertThat(outcome.taken()).as("they met").isGreaterThan(ALLOCATIONS / 20);
    assertThat(outcome.fenced()).as("reigns ended under them").isPositive();
  }

  @Test
  void aDeviceThatIsGivenBeyondWhatItIsIsSeenByTheWitnessAndInTheLedger() throws Exception {
    postgres.execute(BLIND_INDEX);

    Outcome outcome = race(2_000);

    assertThat(outcome.doubles()).isGreaterThan(20);
    assertThat(postgres.number(OVERLAPS)).isGreaterThan(20);
  }
}
