package dev.notebay.reliability.processes;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** People who use an installation all the time, except while they are asked to pause. */
final class Workload implements AutoCloseable {
  private static final Duration PAUSED = Duration.ofSeconds(90);
  private final List<Client> clients = new ArrayList<>();
  private final Gate gate = new Gate();

  Workload(
      Installation installation,
      Acknowledged acknowledged,
      AcknowledgedVolumes volumes,
      SessionHistory history,
      int people,
      long seed)
      throws IOException {
    var random = new SplittableRandom(seed);
    for (int i = 0; i < people; i++) {
      var client =
          new Client(
              "person-" + i,
              installation,
              acknowledged,
              volumes,
              history,
              gate,
              new SplittableRandom(random.nextLong()));
      clients.add(client);
      client.start();
    }
  }

  /** Lets them go on. */
  void resume() {
    gate.open();
  }

  /** From now on nobody begins anything; what has begun is still tried until it is answered. */
  void hush() {
    gate.close();
  }

  /** Waits until all that had begun is answered. */
  void awaitAnswers() throws Exception {
    Poll.until(
        () -> "answers to " + clients.stream().map(Client::doing).toList(),
        PAUSED,
        () -> clients.stream().noneMatch(Client::isBusy));
  }

  /** Every person reads all they were promised. */
  void readAll() {
    clients.forEach(Client::readAll);
  }

  /** Every person ends all their sessions. */
  void stopAll() {
    clients.forEach(Client::stopAll);
  }

  /** What went wrong in the eyes of the people. */
  List<String> violations() {
    return clients.stream().flatMap(client -> client.violations().stream()).toList();
  }

  @Override
  public void close() throws InterruptedException {
    gate.end();
    for (Client client : clients) {
      client.close();
    }
  }
}
