package dev.notebay.agent;

import dev.notebay.agent.core.journal.JournalEntry;
import dev.notebay.agent.core.kernel.AgentException;
import dev.notebay.agent.core.kernel.ExecutionState;
import dev.notebay.agent.core.kernel.KernelId;
import dev.notebay.agent.core.kernel.KernelView;
import dev.notebay.agent.core.kernel.Kernels;
import dev.notebay.agent.core.kernel.Kernelspec;
import dev.notebay.agent.core.wire.Channel;
import dev.notebay.agent.core.wire.WireMessage;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Kernels without processes: each answers a request with its own content as a stream. */
public final class FakeKernels implements Kernels {
  private static final byte[] NONE = utf8("{}");

  private final class Kernel {
    final KernelId id;
    final String directory;
    final List<JournalEntry> journal = new ArrayList<>();
    KernelView view;

    Kernel(KernelId id, String name, String directory) {
      this.id = id;
      this.directory = directory;
      this.view =
          new KernelView(id, name, ExecutionState.STARTING, now, false, now, Optional.empty());
    }
  }

  private final Map<KernelId, Kernel> kernels = new LinkedHashMap<>();
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  public final List<String> calls = new CopyOnWriteArrayList<>();
  public final List<WireMessage> sent = new CopyOnWriteArrayList<>();
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private boolean unreachable;

  public static Map<String, Kernelspec> specs() {
    return Map.of("python3", Kernelspec.python("python3"));
  }

  public synchronized void unreachable(boolean isIt) {
    unreachable = isIt;
  }

  public synchronized void become(KernelId id, ExecutionState state) {
    KernelView view = kernel(id).view;
    kernel(id).view =
        new KernelView(
            id,
            view.name(),
            state,
            view.lastActivity(),
            view.waitingForInput(),
            view.lastOutput(),
            state == ExecutionState.DEAD ? Optional.of("killed by signal 9") : Optional.empty());
    listeners.forEach(Runnable::run);
  }

  public synchronized void waitForInput(KernelId id, boolean waiting) {
    KernelView view = kernel(id).view;
    kernel(id).view =
        new KernelView(
            id,
            view.name(),
            view.state(),
            view.lastActivity(),
            waiting,
            view.lastOutput(),
            view.death());
  }

  public synchronized long say(
      KernelId id, Channel channel, String type, byte[] parent, String content, byte[]... buffers) {
    Kernel kernel = kernel(id);
    now = now.plusMillis(1);
    var header =
        "{\"msg_id\":\"%s\",\"msg_type\":\"%s\",\"session\":\"kernel\"}"
            .formatted(UUID.randomUUID(), type);
    var entry =
        new JournalEntry(
            kernel.journal.size() + 1,
            now,
            channel,
            new WireMessage(utf8(header), parent, NONE, utf8(content), List.of(buffers)));
    kernel.journal.add(entry);
    KernelView view = kernel.view;
    kernel.view =
        new KernelView(
            id,
            view.name(),
            view.state(),
            now,
            view.waitingForInput(),
            type.equals("status") ? view.lastOutput() : now,
            view.death());
    notifyAll();
    return entry.sequence();
  }

  public synchronized String directoryOf(KernelId id) {
    return kernel(id).directory;
  }

  private Kernel kernel(KernelId id) {
    Kernel kernel = kernels.get(id);
    if (kernel == null) {
      throw new AgentException.KernelNotFound(id.toString());
    }
    return kernel;
  }

  @Override
  public synchronized KernelView start(Optional<KernelId> wanted, String name, String directory) {
    var kernel = new Kernel(wanted.orElse(new KernelId(UUID.randomUUID())), name, directory);
    kernels.put(kernel.id, kernel);
    calls.add("start");
    return kernel.view;
  }

  @Override
  public synchronized List<KernelView> list() {
    if (unreachable) {
      throw new AgentException.KernelUnavailable("the launcher is not connected");
    }
    return kernels.values().stream().map(kernel -> kernel.view).toList();
  }

  @Override
  public synchronized Optional<KernelView> find(KernelId id) {
    return Optional.ofNullable(kernels.get(id)).map(kernel -> kernel.view);
  }

  @Override
  public synchronized void interrupt(KernelId id) {
    kernel(id);
    calls.add("interrupt");
  }

  @Override
  public synchronized KernelView restart(KernelId id) {
    calls.add("restart");
    return kernel(id).view;
  }

  @Override
  public synchronized void shutdown(KernelId id, Duration grace) {
    kernel(id);
    kernels.remove(id);
    calls.add("shutdown");
    notifyAll();
    listeners.forEach(Runnable::run);
  }

  @Override
  public synchronized void send(KernelId id, Channel channel, WireMessage message) {
    kernel(id);
    sent.add(message);
    byte[] parent = message.header();
    if (new String(message.header(), StandardCharsets.UTF_8).contains("execute_request")) {
      say(id, Channel.IOPUB, "status", parent, "{\"execution_state\":\"busy\"}");
      say(
          id,
          Channel.IOPUB,
          "stream",
          parent,
          "{\"name\":\"stdout\",\"text\":\"ran\"}",
          message.buffers().toArray(byte[][]::new));
      say(id, Channel.SHELL, "execute_reply", parent, "{\"status\":\"ok\"}");
      say(id, Channel.IOPUB, "status", parent, "{\"execution_state\":\"idle\"}");
    }
  }

  @Override
  public synchronized long lastSequence(KernelId id) {
    return kernel(id).journal.size();
  }

  @Override
  public synchronized List<JournalEntry> read(KernelId id, long sequence, int limit) {
    return kernel(id).journal.stream().skip(sequence).limit(limit).toList();
  }

  @Override
  public Subscription subscribe(KernelId id, long sequence, Consumer<JournalEntry> listener) {
    Kernel kernel;
    synchronized (this) {
      kernel = kernel(id);
    }
    Thread reader = Thread.ofVirtual().start(() -> deliver(kernel, sequence, listener));
    return reader::interrupt;
  }

  private void deliver(Kernel kernel, long sequence, Consumer<JournalEntry> listener) {
    long next = sequence;
    while (!Thread.currentThread().isInterrupted()) {
      JournalEntry entry;
      synchronized (this) {
        while (kernel.journal.size() <= next) {
          if (!kernels.containsKey(kernel.id)) {
            return;
          }
          try {
            wait();
          } catch (InterruptedException ended) {
            return;
          }
        }
        entry = kernel.journal.get((int) next);
      }
      listener.accept(entry);
      next++;
    }
  }

  @Override
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  public static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
