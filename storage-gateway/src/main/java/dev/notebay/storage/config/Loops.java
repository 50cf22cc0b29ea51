package dev.notebay.storage.config;

import dev.notebay.storage.core.volume.StorageException;
import dev.notebay.storage.core.volume.Trash;
import dev.notebay.storage.postgres.Database;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The timers of what the service does unasked. All work is in the classes that they call. */
final class Loops implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Loops.class.getName());
  private static final Duration DATABASE = Duration.ofMillis(250);
  private static final Duration METER = Duration.ofSeconds(5);
  private static final Duration TRASH = Duration.ofMinutes(1);

  private final Database database;
  private final Trash trash;
  private final Consumer<Instant> measure;
  private final InstantSource clock;
  private final ScheduledExecutorService timer =
      Executors.newScheduledThreadPool(
          3, Thread.ofPlatform().name("storage-loop-", 1).daemon().factory());

  Loops(Database database, Trash trash, Consumer<Instant> measure, InstantSource clock) {
    this.database = database;
    this.trash = trash;
    this.measure = measure;
    this.clock = clock;
  }

  void start() {
    timer.execute(this::untilMigrated);
    every(METER, "measuring", measure);
    every(TRASH, "emptying the trash", trash::runOnce);
  }

  private void untilMigrated() {
    boolean done = false;
    try {
      done = database.migrate();
    } catch (RuntimeException failure) {
      LOG.log(System.Logger.Level.ERROR, "bringing the schema up to date failed", failure);
    }
    if (!done && !timer.isShutdown()) {
      timer.schedule(this::untilMigrated, DATABASE.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private void every(Duration pause, String what, Consumer<Instant> round) {
    timer.scheduleWithFixedDelay(
        () -> run(what, round), pause.toMillis(), pause.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void run(String what, Consumer<Instant> round) {
    try {
      round.accept(clock.instant());
    } catch (StorageException.DatabaseUnavailable away) {
      LOG.log(System.Logger.Level.DEBUG, () -> what + " waits cause=" + away.getMessage());
    } catch (RuntimeException failure) {
      // A timer forgets a task that throws.
      LOG.log(System.Logger.Level.ERROR, what + " failed, next round follows", failure);
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
