package dev.notebay.cli.grpc;

import dev.notebay.cli.config.Pause;
import dev.notebay.cli.config.SystemClock;
import dev.notebay.cli.terminal.CliFailure;
import dev.notebay.proto.session.v1.CreateSessionRequest;
import dev.notebay.proto.session.v1.GetSessionRequest;
import dev.notebay.proto.session.v1.ListSessionsRequest;
import dev.notebay.proto.session.v1.ListSessionsResponse;
import dev.notebay.proto.session.v1.Session;
import dev.notebay.proto.session.v1.StopSessionRequest;
import dev.notebay.proto.session.v1.WatchSessionRequest;
import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** The user's sessions. */
public final class Sessions {
  private static final String PREFIX = "sessions/";
  private static final Pattern PART_OF_ID = Pattern.compile("[0-9a-fA-F-]{4,36}");
  private static final Duration AWAY = Duration.ofMinutes(2);
  private static final Duration PAUSE = Duration.ofMillis(300);
  private static final Set<Session.State> FINAL =
      Set.of(Session.State.STATE_STOPPED, Session.State.STATE_FAILED);

  private final Services services;

  public Sessions(Services services) {
    this.services = services;
  }

  /** Asks for a session; asking again after a lost answer is asking once. */
  public Session create(Session wanted) {
    var request =
        CreateSessionRequest.newBuilder()
            .setSession(wanted)
            .setRequestId(UUID.randomUUID().toString())
            .build();
    return services.sessions(stub -> stub.createSession(request));
  }

  public Session get(String name) {
    return services.sessions(
        stub -> stub.getSession(GetSessionRequest.newBuilder().setName(name).build()));
  }

  public Session stop(String name) {
    return services.sessions(
        stub -> stub.stopSession(StopSessionRequest.newBuilder().setName(name).build()));
  }

  /** All of the user's sessions, newest first. */
  public List<Session> list(boolean ended) {
    List<Session> all = new ArrayList<>();
    String token = "";
    do {
      var request =
          ListSessionsRequest.newBuilder().setPageToken(token).setShowEnded(ended).build();
      ListSessionsResponse page = services.sessions(stub -> stub.listSessions(request));
      all.addAll(page.getSessionsList());
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    return all;
  }

  /** The full name of the session that a person means: its name, its id, or how its id begins. */
  public String resolve(String text) {
    String id = text.startsWith(PREFIX) ? text.substring(PREFIX.length()) : text;
    if (!PART_OF_ID.matcher(id).matches()) {
      throw CliFailure.usage(
          "SESSION: " + text + " (expected: a session's id or at least its first 4 characters)",
          "your sessions: ./notebay session list");
    }
    if (id.length() == 36) {
      return PREFIX + id;
    }
    List<String> found =
        list(true).stream().map(Session::getName).filter(n -> n.startsWith(PREFIX + id)).toList();
    if (found.size() != 1) {
      throw CliFailure.refused(
          (found.isEmpty() ? "no session" : found.size() + " sessions")
              + " with an id that begins with "
              + id,
          "your sessions: ./notebay session list --all");
    }
    return found.getFirst();
  }

  /**
   * Shows every state of a session to {@code goOn} until that says no or the session has ended. A
   * scheduler that goes away is waited for.
   */
  public void watch(String name, Predicate<Session> goOn) {
    var request = WatchSessionRequest.newBuilder().setName(name).build();
    var deadline = SystemClock.in(AWAY);
    while (true) {
      try (Context.CancellableContext call = Context.current().withCancellation()) {
        Context before = call.attach();
        try {
          Iterator<Session> states = services.sessionStream().watchSession(request);
          while (states.hasNext()) {
            Session state = states.next();
            deadline = SystemClock.in(AWAY);
            if (!goOn.test(state) || hasEnded(state)) {
              return;
            }
          }
        } finally {
          call.detach(before);
        }
      } catch (StatusRuntimeException failure) {
        if (!isAway(failure) || deadline.passed()) {
          throw services.schedulerFailure(failure);
        }
      }
      Pause.of(PAUSE);
    }
  }

  /**
   * A scheduler that ends politely cancels its calls; one that is interrupted here is our doing.
   */
  private static boolean isAway(StatusRuntimeException failure) {
    return switch (failure.getStatus().getCode()) {
      case UNAVAILABLE -> true;
      case CANCELLED -> !Thread.currentThread().isInterrupted() && !Context.current().isCancelled();
      default -> false;
    };
  }

  public static boolean hasEnded(Session session) {
    return FINAL.contains(session.getState());
  }

  /** The id in a session's name. */
  public static String id(Session session) {
    return session.getName().substring(PREFIX.length());
  }
}
