package dev.notebay.reliability.planted;

import dev.notebay.scheduler.core.Sessions;
import dev.notebay.scheduler.core.fleet.Node;
import dev.notebay.scheduler.core.queue.WaitingLine;
import dev.notebay.scheduler.core.session.EndReason;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionEvent.StopAsked;
import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;

/** A small stand-in for the simulator: looks at the order of the queue and at what a stop does. */
public final class QueueTrial implements LongFunction<Optional<String>> {
  @Override
  public Optional<String> apply(long seed) {
    Session older = Sessions.queued(1, Sessions.spec("nvidia-t4", 1));
    Session newer = Sessions.queued(2, Sessions.spec("nvidia-t4", 1));
    List<Node> nodes = List.of(Sessions.node("node", 1, "nvidia-t4"));
    WaitingLine line = Sessions.line(() -> nodes);
    line.changed(seed % 3 == 0 ? newer : older);
    line.changed(seed % 3 == 0 ? older : newer);
    List<WaitingLine.Verdict> verdicts = line.decide(nodes, Sessions.NOON.plusSeconds(3));
    if (!verdicts.getFirst().session().id().equals(older.id())) {
      return Optional.of("the newer session is first");
    }
    long version =
        older
            .on(new StopAsked(EndReason.USER_REQUEST, "", Sessions.NOON))
            .orElseThrow(() -> new IllegalStateException("a stop does nothing"))
            .version();
    return version == 2 ? Optional.empty() : Optional.of("version " + version);
  }
}
