package dev.notebay.cli.command;

import dev.notebay.cli.config.SystemClock;
import dev.notebay.cli.grpc.SessionText;
import dev.notebay.cli.grpc.Sessions;
import dev.notebay.cli.jupyter.JupyterServer;
import dev.notebay.cli.jupyter.KernelClient;
import dev.notebay.cli.jupyter.KernelEvent;
import dev.notebay.cli.terminal.CliFailure;
import dev.notebay.cli.terminal.ExitCode;
import dev.notebay.cli.terminal.Terminal;
import dev.notebay.proto.session.v1.Condition;
import dev.notebay.proto.session.v1.Session;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ToIntBiFunction;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Does something with a kernel of a session: a new one that is stopped afterwards, or a given one.
 */
final class SessionWork {
  private final App app;
  private final Terminal terminal;
  private final Sessions sessions;

  SessionWork(App app) {
    this.app = app;
    this.terminal = app.terminal();
    this.sessions = app.sessions();
  }

  /**
   * Makes a session, works in it, and stops it.
   *
   * @param keep do not stop it afterwards
   * @return what {@code work} returns
   */
  int inNew(Session wanted, String kernelName, boolean keep, ToIntFunction<KernelClient> work) {
    return inNew(wanted, kernelName, keep, (_, client) -> work.applyAsInt(client));
  }

  /** The same for work that wants to know its session. */
  int inNew(
      Session wanted,
      String kernelName,
      boolean keep,
      ToIntBiFunction<Session, KernelClient> work) {
    var whileWaiting = new StopOnInterrupt(Thread.currentThread());
    try (var interrupts = new Interrupts(whileWaiting)) {
      Session session = sessions.create(wanted);
      String name = session.getName();
      terminal.note("notebay: session " + Sessions.id(session));
      try {
        whileWaiting.begin();
        Session running = awaitRunning(name);
        return inRunning(
            running, kernelName, false, interrupts, client -> work.applyAsInt(running, client));
      } catch (CliFailure failure) {
        if (whileWaiting.end()) {
          throw CliFailure.interrupted(
              "interrupted while the session was being made; it is " + (keep ? "kept" : "stopped"));
        }
        throw failure;
      } finally {
        if (!keep) {
          stop(name);
        }
      }
    }
  }

  /** Works in a session that is there, in the kernel it has, and leaves both running. */
  int inExisting(String name, String kernelName, ToIntFunction<KernelClient> work) {
    var whileWaiting = new StopOnInterrupt(Thread.currentThread());
    try (var interrupts = new Interrupts(whileWaiting)) {
      whileWaiting.begin();
      return inRunning(awaitRunning(name), kernelName, true, interrupts, work);
    }
  }

  private void stop(String name) {
    try {
      sessions.stop(name);
    } catch (CliFailure failure) {
      terminal.note("notebay: " + name + " could not be stopped: " + failure.text());
    }
  }

  /** Shows what the session waits for until it runs. */
  private Session awaitRunning(String name) {
    var last = new AtomicReference<@Nullable Session>();
    sessions.watch(
        name,
        session -> {
          last.set(session);
          boolean running = session.getState() == Session.State.STATE_RUNNING;
          if (!running) {
            terminal.progress("notebay: " + SessionText.progress(session));
          }
          return !running && session.getState() != Session.State.STATE_STOPPING;
        });
    terminal.clearProgress();
    Session session = last.get();
    if (session == null || session.getState() != Session.State.STATE_RUNNING) {
      throw CliFailure.sessionEnded(
          "the session did not start: "
              + (session == null ? "the scheduler says nothing of it" : SessionText.end(session)),
          "details: ./notebay session get " + name.replaceFirst("^sessions/", ""));
    }
    return session;
  }

  private int inRunning(
      Session session,
      String kernelName,
      boolean reuseKernel,
      Interrupts interrupts,
      ToIntFunction<KernelClient> work) {
    String name = session.getName();
    var server = new JupyterServer(session.getRuntime().getJupyterUri(), app.tokens());
    try {
      List<String> there = reuseKernel ? server.kernels() : List.of();
      String kernel = there.isEmpty() ? server.startKernel(kernelName) : there.getFirst();
      try (var client =
          new KernelClient(server, () -> serverUri(name), SystemClock.instants(), kernel)) {
        interrupts.then(() -> client.tell(new KernelEvent.Interrupted()));
        client.connect(there.isEmpty() ? 0 : server.lastSequence(kernel));
        watchBeside(name, client);
        return work.applyAsInt(client);
      }
    } catch (IOException failure) {
      throw CliFailure.unavailable(
          "the session's kernel cannot be reached: " + failure.getMessage(),
          "see: ./notebay logs " + name.replaceFirst("^sessions/", ""));
    }
  }

  /** Tells the kernel's client when the session ends, and the user when that is near. */
  private void watchBeside(String name, KernelClient client) {
    var warned = new AtomicBoolean();
    Thread.ofVirtual()
        .name("watch")
        .start(
            () -> {
              try {
                sessions.watch(name, session -> notice(session, client, warned));
              } catch (CliFailure notWatched) {
                terminal.note("notebay: the session is not watched: " + notWatched.text());
              }
            });
  }

  private boolean notice(Session session, KernelClient client, AtomicBoolean warned) {
    switch (session.getState()) {
      case STATE_STOPPING, STATE_STOPPED, STATE_FAILED -> {
        client.tell(new KernelEvent.SessionEnded(SessionText.end(session)));
        return false;
      }
      default -> {
        boolean warning =
            session.getConditionsList().stream()
                .anyMatch(
                    condition ->
                        condition.getType().equals("IdleWarning")
                            && condition.getStatus() == Condition.Status.STATUS_TRUE);
        if (warning && warned.compareAndSet(false, true)) {
          terminal.note(
              "notebay: this session is about to be cut; postpone it: ./notebay session extend "
                  + Sessions.id(session));
        }
        return true;
      }
    }
  }

  private Optional<String> serverUri(String name) {
    Session session;
    try {
      session = sessions.get(name);
    } catch (CliFailure failure) {
      if (failure.exitCode() == ExitCode.UNAVAILABLE) {
        return Optional.empty();
      }
      throw failure;
    }
    return switch (session.getState()) {
      case STATE_STOPPING, STATE_STOPPED, STATE_FAILED ->
          throw CliFailure.sessionEnded("the session ended: " + SessionText.end(session), "");
      case STATE_RUNNING -> Optional.of(session.getRuntime().getJupyterUri());
      case STATE_QUEUED, STATE_STARTING, STATE_UNSPECIFIED, UNRECOGNIZED -> Optional.empty();
    };
  }

  /**
   * While there is no kernel yet, ^C ends the waiting; but not before the session's name is known,
   * because without it the session could not be stopped.
   */
  private static final class StopOnInterrupt implements Runnable {
    private final Thread waiting;
    private boolean begun;
    private boolean asked;

    StopOnInterrupt(Thread waiting) {
      this.waiting = waiting;
    }

    @Override
    public synchronized void run() {
      asked = true;
      if (begun) {
        waiting.interrupt();
      }
    }

    /** The waiting begins, in the thread that waits. */
    synchronized void begin() {
      begun = true;
      if (asked) {
        waiting.interrupt();
      }
    }

    /**
     * The waiting is over: what follows is not interrupted.
     *
     * @return whether it was interrupted
     */
    synchronized boolean end() {
      begun = false;
      return Thread.interrupted();
    }
  }
}
