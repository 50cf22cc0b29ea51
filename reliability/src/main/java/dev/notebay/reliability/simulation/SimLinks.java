package dev.notebay.reliability.simulation;

import dev.notebay.scheduler.core.launch.AgentLinks;
import dev.notebay.scheduler.core.launch.AgentReport;
import dev.notebay.scheduler.core.request.Agents;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.Queued;
import dev.notebay.scheduler.core.session.SessionState.Running;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import dev.notebay.scheduler.core.session.SessionState.Stopping;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The links that agents hold to one replica, and what they last said. */
final class SimLinks implements AgentLinks, Agents {
  private final Network network;
  private final InstantSource clock;
  private final Map<SessionId, Link> links = new TreeMap<>();
  private final Map<SessionId, AgentReport> reports = new TreeMap<>();

  SimLinks(Network network, InstantSource clock) {
    this.network = network;
    this.clock = clock;
  }

  void open(Link link) {
    Link before = links.put(link.agent().name().session(), link);
    if (before != null && before != link) {
      before.close();
    }
  }

  void close(Link link) {
    link.close();
    links.remove(link.agent().name().session(), link);
  }

  void report(SessionId session, AgentReport report) {
    reports.put(session, report);
  }

  void forget(SessionId session) {
    reports.remove(session);
  }

  @Override
  public void tell(Session session) {
    Link link = links.get(session.id());
    if (link == null || link.agent().name().attempt() != session.attempt()) {
      return;
    }
    switch (session.state()) {
      case Running _ -> {
        if (link.tellPolicy(session.policyGeneration())) {
          Instant said = clock.instant();
          link.toAgent(network.latency(false), () -> link.agent().follow(session, said));
        }
      }
      case Stopping(_, var reason, _, _) ->
          link.toAgent(network.latency(false), () -> link.agent().stop(reason));
      case Queued _, Starting _, Ended _ -> {}
    }
  }

  @Override
  public boolean isConnected(SessionId session) {
    Link link = links.get(session);
    return link != null && link.isOpen();
  }

  @Override
  public Optional<AgentReport> lastReport(SessionId session) {
    return Optional.ofNullable(reports.get(session));
  }
}
