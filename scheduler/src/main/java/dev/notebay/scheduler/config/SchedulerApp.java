package dev.notebay.scheduler.config;

import dev.notebay.scheduler.config.Settings.SettingException;
import dev.notebay.scheduler.core.SchedulerException.StoreUnavailable;
import dev.notebay.scheduler.core.request.Allowance;
import dev.notebay.scheduler.database.DatabaseException;
import dev.notebay.scheduler.database.DatabasePool;
import dev.notebay.scheduler.database.EmbeddedDatabase;
import dev.notebay.scheduler.metrics.SchedulerMetrics;
import dev.notebay.scheduler.postgres.InstallationStore;
import dev.notebay.scheduler.postgres.PostgresLeaderLease;
import dev.notebay.scheduler.postgres.PostgresLedger;
import dev.notebay.scheduler.postgres.PostgresQueueStore;
import dev.notebay.scheduler.postgres.PostgresSessionStore;
import dev.notebay.scheduler.postgres.Schema;
import io.agroal.api.AgroalDataSource;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import io.quarkus.runtime.annotations.QuarkusMain;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.health.Readiness;
import org.jspecify.annotations.Nullable;

/**
 * The scheduler's process: settings, then the database, then Quarkus (metrics, health, logs), then
 * what serves and loops. What goes wrong on the way is one line that says what to do, and exit code
 * 2 (a setting) or 3 (the world).
 */
@QuarkusMain
public final class SchedulerApp implements QuarkusApplication {
  private static final Duration SUPERVISION_INTERVAL = Duration.ofMillis(500);

  private static final Duration OWN_END = Duration.ofSeconds(8);

  private static final CountDownLatch finished = new CountDownLatch(1);
  private static volatile boolean started;
  private static @Nullable Prepared prepared;

  private final MeterRegistry meters;
  private final ReadinessCheck readiness;

  @Inject
  public SchedulerApp(MeterRegistry meters, @Readiness ReadinessCheck readiness) {
    this.meters = meters;
    this.readiness = readiness;
  }

  /** What was there before Quarkus started. */
  private record Prepared(
      Settings settings,
      StateDirectoryLock lock,
      Optional<EmbeddedDatabase> embedded,
      InstantSource clock) {}

  /** Starts the process. */
  public static void main(String... arguments) {
    Map<String, String> environment = System.getenv();
    try {
      prepared = prepare(Settings.from(environment));
      System.setProperty(
          "quarkus.log.console.json.enabled",
          Boolean.toString("json".equals(environment.get("NOTEBAY_LOG_FORMAT"))));
    } catch (SettingException wrong) {
      fail(2, wrong);
    } catch (IOException | DatabaseException failure) {
      fail(3, failure);
    }
    Quarkus.run(SchedulerApp.class, arguments);
  }

  private static Prepared prepare(Settings settings) throws IOException {
    StateDirectoryLock lock =
        StateDirectoryLock.take(settings.home(), settings.databaseUrl().isPresent());
    requireFree("NOTEBAY_SCHEDULER_GRPC", settings.grpc());
    requireFree("NOTEBAY_SCHEDULER_HTTP", settings.http());
    Optional<EmbeddedDatabase> embedded =
        settings.databaseUrl().isEmpty()
            ? Optional.of(EmbeddedDatabase.start(settings.home()))
            : Optional.empty();
    embedded.ifPresent(SchedulerApp::stopAtTheEnd);
    System.setProperty("quarkus.http.host", settings.http().getHostString());
    System.setProperty("quarkus.http.port", Integer.toString(settings.http().getPort()));
    return new Prepared(settings, lock, embedded, InstantSource.system());
  }

  private static void requireFree(String setting, InetSocketAddress address) {
    if (address.isUnresolved()) {
      throw new SettingException(setting + ": no such host: " + address.getHostString());
    }
    try (var socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(address);
    } catch (IOException taken) {
      throw new SettingException(
          setting
              + ": cannot listen on "
              + address.getHostString()
              + ":"
              + address.getPort()
              + " ("
              + taken.getMessage()
              + "); stop what listens there, or set "
              + setting
              + " to another address");
    }
  }

  /** In a hook, for which the virtual machine waits; it does not wait for the main thread. */
  private static void stopAtTheEnd(EmbeddedDatabase database) {
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("stop-database")
                .unstarted(
                    () -> {
                      try {
                        boolean orderly =
                            !started || finished.await(OWN_END.toMillis(), TimeUnit.MILLISECONDS);
                        if (!orderly) {
                          System.err.println(
                              "notebay scheduler: still busy, stops PostgreSQL all the same");
                        }
                      } catch (InterruptedException interrupted) {
                        Thread.currentThread().interrupt();
                      }
                      database.stop();
                    }));
  }

  private static void fail(int code, Exception failure) {
    System.err.println("notebay scheduler: " + failure.getMessage());
    System.exit(code);
  }

  @Override
  public int run(String... arguments) throws Exception {
    started = true;
    Prepared before = Objects.requireNonNull(prepared, "main prepares");
    InstantSource clock = before.clock();
    Optional<LoopThread> supervision =
        before
            .embedded()
            .map(
                database ->
                    new LoopThread(
                        "database-supervision",
                        SUPERVISION_INTERVAL,
                        () -> {
                          database.runOnce(clock.instant());
                          return false;
                        }));
    supervision.ifPresent(LoopThread::start);
    try (AgroalDataSource pool = DatabasePool.of(System.getenv(), before.settings().home())) {
      Schema.migrate(pool);
      new InstallationCheck(before.settings().home(), new InstallationStore(pool)).run();
      var store = new PostgresSessionStore(pool);
      try (Runtimes runtimes = Runtimes.of(before.settings(), System.getenv(), clock, meters);
          Scheduler scheduler =
              Scheduler.start(
                  before.settings(),
                  store,
                  new PostgresQueueStore(pool),
                  new PostgresLedger(pool),
                  runtimes.guard(new PostgresLeaderLease(pool), store),
                  runtimes.launcher(),
                  runtimes.fleet(),
                  runtimes.tokens(),
                  Allowance.USUAL.with(runtimes.images()),
                  new SchedulerMetrics(meters),
                  clock)) {
        runtimes.serve(scheduler);
        readiness.serve(pool, scheduler::sinceLastGoodPass);
        Quarkus.waitForExit();
        readiness.end();
      }
    } catch (SettingException | IOException | StoreUnavailable | DatabaseException failure) {
      System.err.println("notebay scheduler: " + failure.getMessage());
      return 3;
    } finally {
      supervision.ifPresent(LoopThread::close);
      finished.countDown();
    }
    return 0;
  }
}
