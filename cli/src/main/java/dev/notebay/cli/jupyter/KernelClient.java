package dev.notebay.cli.jupyter;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.notebay.cli.config.SystemClock;
import dev.notebay.cli.config.SystemClock.Deadline;
import dev.notebay.cli.terminal.CliFailure;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs code in one kernel, one piece after the other.
 *
 * <ol>
 *   <li>All that happens (messages, a lost connection, ^C, the session's end) comes through one
 *       queue to the one thread that runs code.
 *   <li>A piece of code is done when its reply and the kernel's {@code idle} have come.
 *   <li>A lost connection is opened again, and what was missed is replayed from the journal of the
 *       kernel; a message that comes twice counts once.
 *   <li>A request of which the kernel, idle, shows no trace after that was lost on the way: it is
 *       sent again under its id.
 * </ol>
 */
public final class KernelClient implements AutoCloseable {
  private static final Duration LOOK = Duration.ofSeconds(2);
  private static final Duration IDLE_AFTER_REPLY = Duration.ofSeconds(10);
  private static final Duration RECONNECT = Duration.ofMinutes(10);
  private static final Duration RECONNECT_PAUSE = Duration.ofMillis(200);
  private static final Duration TRACE = Duration.ofSeconds(3);

  private final JupyterServer server;
  private final Reach reach;
  private final InstantSource clock;
  private final String kernel;
  private final String session = UUID.randomUUID().toString();
  private final BlockingQueue<KernelEvent> events = new LinkedBlockingQueue<>();
  private @Nullable KernelConnection connection;
  private int connections;
  private long lastSequence;
  private int interrupts;

  public KernelClient(JupyterServer server, Reach reach, InstantSource clock, String kernel) {
    this.server = server;
    this.reach = reach;
    this.clock = clock;
    this.kernel = kernel;
  }

  /** How a piece of code ended. */
  public sealed interface Result {
    record Done() implements Result {}

    record Raised() implements Result {}

    record KernelDied(String why) implements Result {}
  }

  /** Tells the thread that runs code something. */
  public void tell(KernelEvent event) {
    events.add(event);
  }

  /** Whether the user has pressed ^C. */
  public boolean wasInterrupted() {
    return interrupts > 0;
  }

  /**
   * Connects, and asks the kernel about its language (the answer comes meanwhile).
   *
   * @param from the entry of the kernel's journal after which to listen; 0 for all of it
   */
  public void connect(long from) throws IOException {
    lastSequence = from;
    connection =
        KernelConnection.open(server, kernel, session, ++connections, lastSequence, events::add);
    send(
        KernelMessage.request(
            "shell",
            "kernel_info_request",
            session,
            clock.instant(),
            JsonNodeFactory.instance.objectNode()));
  }

  /**
   * Runs code and returns when it is done.
   *
   * @throws CliFailure when the session ended, or the user interrupted twice
   */
  public Result execute(String code, CellListener listener) {
    ObjectNode content = JsonNodeFactory.instance.objectNode();
    content.put("code", code).put("silent", false).put("store_history", true);
    content.putObject("user_expressions");
    content.put("allow_stdin", listener.canAnswer()).put("stop_on_error", true);
    var running =
        new Running(
            KernelMessage.request("shell", "execute_request", session, clock.instant(), content),
            listener);
    return running.toItsEnd();
  }

  private void send(KernelMessage message) throws IOException {
    if (connection == null) {
      throw new IOException("not connected");
    }
    connection.send(message);
  }

  private static String why(IOException failure) {
    String message = failure.getMessage();
    return message == null ? failure.getClass().getSimpleName() : message;
  }

  @Override
  public void close() {
    if (connection != null) {
      connection.close();
    }
  }

  /** One piece of code on its way. */
  private final class Running {
    private final KernelMessage request;
    private final CellListener listener;
    private final Set<String> seen = new HashSet<>();
    private @Nullable String replyStatus;
    private @Nullable String death;
    private boolean idle;
    private @Nullable Deadline idleDue;
    private @Nullable Deadline traceDue;

    Running(KernelMessage request, CellListener listener) {
      this.request = request;
      this.listener = listener;
    }

    Result toItsEnd() {
      sendRequest();
      while (true) {
        if (death != null) {
          return new Result.KernelDied(death);
        }
        if (replyStatus != null && (idle || (idleDue != null && idleDue.passed()))) {
          return replyStatus.equals("ok") ? new Result.Done() : new Result.Raised();
        }
        @Nullable KernelEvent event = next(LOOK);
        if (event == null) {
          lookAtKernel();
        } else {
          react(event);
        }
      }
    }

    private void sendRequest() {
      try {
        send(request);
      } catch (IOException lost) {
        reconnect(why(lost));
      }
    }

    private void react(KernelEvent event) {
      switch (event) {
        case KernelEvent.Received(KernelMessage message) -> {
          if (connection != null) {
            connection.taken();
          }
          message.sequence().ifPresent(number -> lastSequence = Math.max(lastSequence, number));
          received(message);
        }
        case KernelEvent.Dropped(int number, String why) -> {
          if (number == connections) {
            reconnect(why);
          }
        }
        case KernelEvent.Answered(KernelMessage question, var answer) -> {
          ObjectNode content = JsonNodeFactory.instance.objectNode();
          content.put("value", answer.orElse("\u0004"));
          sendOrReconnect(question.answer("input_reply", session, clock.instant(), content));
        }
        case KernelEvent.Interrupted() -> interrupt();
        case KernelEvent.SessionEnded(String why) ->
            throw CliFailure.sessionEnded("the session ended: " + why, "");
      }
    }

    private void sendOrReconnect(KernelMessage message) {
      try {
        send(message);
      } catch (IOException lost) {
        reconnect(why(lost));
        try {
          send(message);
        } catch (IOException again) {
          listener.note("the answer could not be sent: " + why(again));
        }
      }
    }

    private void received(KernelMessage message) {
      // Before the request has begun, it is an earlier end of the kernel that is told.
      if (message.type().equals("status") && !seen.isEmpty()) {
        noticeDeath(message);
      }
      if (message.type().equals("notebay_notice")) {
        listener.note(message.content().path("message").asText());
      }
      if (message.type().equals("kernel_info_reply")) {
        listener.languageInfo(message.content().path("language_info"));
      }
      if (!message.parentId().equals(request.id()) || !seen.add(message.id())) {
        return;
      }
      traceDue = null;
      switch (message.channel()) {
        case "iopub" -> {
          if (message.type().equals("status")) {
            idle |= message.content().path("execution_state").asText().equals("idle");
          }
          listener.said(message);
        }
        case "shell" -> {
          if (message.type().equals("execute_reply")) {
            replyStatus = message.content().path("status").asText();
            idleDue = SystemClock.in(IDLE_AFTER_REPLY);
            listener.said(message);
          }
        }
        case "stdin" -> {
          if (message.type().equals("input_request")) {
            ask(message);
          }
        }
        default -> {
          // Other channels carry nothing that a run needs.
        }
      }
    }

    private void noticeDeath(KernelMessage message) {
      switch (message.content().path("execution_state").asText()) {
        case "restarting", "autorestarting", "dead" -> {
          death = "it ended by itself";
        }
        default -> {
          // Alive.
        }
      }
    }

    private void ask(KernelMessage question) {
      String prompt = question.content().path("prompt").asText();
      boolean secret = question.content().path("password").asBoolean();
      Thread.ofPlatform()
          .daemon()
          .name("input")
          .start(() -> tell(new KernelEvent.Answered(question, listener.answer(prompt, secret))));
    }

    private void interrupt() {
      interrupts++;
      if (interrupts > 1) {
        throw CliFailure.interrupted("interrupted");
      }
      listener.note("^C: interrupting the kernel; once more stops the session");
      try {
        server.interrupt(kernel);
      } catch (IOException failure) {
        listener.note("the kernel could not be interrupted: " + why(failure));
      }
    }

    /** Nothing came for a while: is the kernel there, and has it ever got the request? */
    private void lookAtKernel() {
      try {
        var model = server.kernel(kernel);
        if (model.isEmpty()) {
          death = "it is gone";
          return;
        }
        String state = model.get().path("execution_state").asText();
        if (state.equals("dead")) {
          String told = model.get().path("reason").asText();
          death = told.isEmpty() ? "it ended by itself" : told;
        } else if (state.equals("idle") && traceDue != null && traceDue.passed()) {
          traceDue = null;
          listener.note("the kernel has not got the code; sending it again");
          sendRequest();
        }
      } catch (IOException unreachable) {
        // The connection's own end says when to act.
        traceDue = traceDue == null ? null : SystemClock.in(TRACE);
      }
    }

    private void reconnect(String why) {
      listener.note("connection to the session lost (" + why + "); connecting again");
      close();
      var deadline = SystemClock.in(RECONNECT);
      while (true) {
        try {
          reach.serverUri().ifPresent(server::moveTo);
          connection =
              KernelConnection.open(
                  server, kernel, session, ++connections, lastSequence, events::add);
          listener.note("connected again");
          traceDue = seen.isEmpty() ? SystemClock.in(TRACE) : null;
          return;
        } catch (IOException notYet) {
          if (notYet instanceof JupyterException refused && refused.status() == 404) {
            death = "it is gone";
            return;
          }
          if (deadline.passed()) {
            throw CliFailure.unavailable(
                "the session cannot be reached: " + why(notYet),
                "it may still run: ./notebay session list");
          }
        }
        waitBeforeNextTry();
      }
    }

    private void waitBeforeNextTry() {
      @Nullable KernelEvent event = next(RECONNECT_PAUSE);
      switch (event) {
        case KernelEvent.Interrupted() -> throw CliFailure.interrupted("interrupted");
        case KernelEvent.SessionEnded ended -> react(ended);
        case KernelEvent.Received received -> react(received);
        case KernelEvent.Answered _, KernelEvent.Dropped _ -> {
          // An answer to a question that is asked again, or the end of what has ended already.
        }
        case null -> {
          // Time to try again.
        }
      }
    }

    private @Nullable KernelEvent next(Duration limit) {
      try {
        return events.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        throw CliFailure.interrupted("interrupted");
      }
    }
  }
}
