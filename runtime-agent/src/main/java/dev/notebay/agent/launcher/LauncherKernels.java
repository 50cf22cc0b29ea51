package dev.notebay.agent.launcher;

import dev.notebay.agent.core.journal.Journal;
import dev.notebay.agent.core.journal.JournalEntry;
import dev.notebay.agent.core.kernel.AgentException;
import dev.notebay.agent.core.kernel.KernelCounters;
import dev.notebay.agent.core.kernel.KernelDeath;
import dev.notebay.agent.core.kernel.KernelId;
import dev.notebay.agent.core.kernel.KernelLife;
import dev.notebay.agent.core.kernel.KernelStore;
import dev.notebay.agent.core.kernel.KernelView;
import dev.notebay.agent.core.kernel.Kernels;
import dev.notebay.agent.core.kernel.Kernelspec;
import dev.notebay.agent.core.wire.Channel;
import dev.notebay.agent.core.wire.WireMessage;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The session's kernels, run by the launcher that connects to {@link LauncherSettings#socket()}.
 *
 * <ol>
 *   <li>What should be is saved first (a kernel and its generation), then the launcher is asked for
 *       it; the launcher does nothing twice for one generation.
 *   <li>Whenever the launcher connects, every kernel is pursued: what it should be is compared with
 *       what the launcher has. So it does not matter which of the two was away.
 *   <li>A generation is over when the launcher said so and all its output is in the journal; then
 *       clients are told, then the next generation is saved, then the launcher may forget.
 * </ol>
 *
 * Kernels that an earlier agent of this session left are here when the constructor returns, and go
 * on where they were.
 */
public final class LauncherKernels implements Kernels, AutoCloseable {
  private static final System.Logger LOG = System.getLogger(LauncherKernels.class.getName());
  private static final int LINE_MAX = 1024 * 1024;
  private static final int CONNECTIONS_MAX = 256;
  private static final int KERNELS_MAX = 64;
  private static final int READ_AT_ONCE = 256;
  private static final Duration SETTLE_EVERY = Duration.ofMillis(100);
  private static final Duration WATCH_EVERY = Duration.ofSeconds(1);
  private static final Duration STALLED_MAX = Duration.ofSeconds(30);
  private static final Duration PAUSE_MIN = Duration.ofMillis(50);
  private static final Duration PAUSE_MAX = Duration.ofSeconds(5);
  private static final Duration RESTART_GRACE = Duration.ofSeconds(2);
  private static final Duration KILL_WAIT = Duration.ofSeconds(10);

  private final LauncherSettings settings;
  private final KernelStore store;
  private final InstantSource clock;
  private final Runnable unassign;
  private final Counters counters;
  private final ServerSocketChannel server;
  private final Semaphore connections = new Semaphore(CONNECTIONS_MAX);
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final Map<KernelId, LiveKernel> kernels =
      Collections.synchronizedMap(new LinkedHashMap<>());
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition moved = lock.newCondition();
  private @Nullable ControlLink control;
  private boolean closed;

  /**
   * @param outOfMemoryKills how often the system killed in this session for want of memory so far
   * @param unassign called once a notebook asks to end the session; must not block
   */
  public LauncherKernels(
      LauncherSettings settings,
      KernelStore store,
      Supplier<OptionalLong> outOfMemoryKills,
      InstantSource clock,
      Runnable unassign)
      throws IOException {
    this.settings = settings;
    this.store = store;
    this.clock = clock;
    this.unassign = unassign;
    this.counters = new Counters(outOfMemoryKills);
    for (KernelStore.Saved saved : store.load()) {
      kernels.put(saved.id(), live(saved));
    }
    this.server = listen(settings.socket());
    Thread.ofVirtual().name("launcher-accept").start(this::accept);
    Thread.ofVirtual().name("journal-settle").start(() -> every(SETTLE_EVERY, this::settle));
    Thread.ofVirtual().name("launcher-watch").start(() -> every(WATCH_EVERY, this::watch));
  }

  private LiveKernel live(KernelStore.Saved saved) throws IOException {
    return new LiveKernel(saved, store, clock, counters, this::changed);
  }

  private static ServerSocketChannel listen(Path socket) throws IOException {
    Files.deleteIfExists(socket);
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      server.bind(UnixDomainSocketAddress.of(socket), CONNECTIONS_MAX);
      return server;
    } catch (IOException e) {
      server.close();
      throw e;
    }
  }

  /** What can be started, by name. */
  public Map<String, Kernelspec> kernelspecs() {
    return Map.of(settings.kernelName(), Kernelspec.python(settings.kernelName()));
  }

  /** Whether the launcher is connected now. */
  public boolean connected() {
    lock.lock();
    try {
      return control != null;
    } finally {
      lock.unlock();
    }
  }

  public KernelCounters counters() {
    return counters.now();
  }

  // What clients ask for.

  @Override
  public KernelView start(Optional<KernelId> wanted, String name, String directory) {
    if (!name.equals(settings.kernelName())) {
      throw new AgentException.KernelspecNotFound(name);
    }
    KernelStore.Saved saved =
        new KernelStore.Saved(
            wanted.orElseGet(() -> new KernelId(UUID.randomUUID())),
            name,
            relative(directory),
            clock.instant(),
            1,
            0,
            Optional.empty());
    LiveKernel kernel;
    synchronized (kernels) {
      LiveKernel known = kernels.get(saved.id());
      if (known != null) {
        return known.view();
      }
      if (kernels.size() >= KERNELS_MAX) {
        throw new AgentException.KernelUnavailable(
            "the session has " + KERNELS_MAX + " kernels: shut one down first");
      }
      try {
        store.save(saved);
        kernel = live(saved);
      } catch (IOException e) {
        throw new AgentException.KernelUnavailable("the agent cannot write: " + e.getMessage());
      }
      kernels.put(saved.id(), kernel);
    }
    KernelView view = kernel.view();
    changed();
    background("start", () -> pursue(kernel, Optional.empty()));
    return view;
  }

  private static String relative(String directory) {
    String path = directory.replaceAll("^/+|/+$", "");
    if (path.indexOf('\0') >= 0 || List.of(path.split("/", -1)).contains("..")) {
      throw new AgentException.BadMessage(
          "directory: " + directory + " (expected: a path beneath the content directory)");
    }
    return path;
  }

  @Override
  public List<KernelView> list() {
    synchronized (kernels) {
      return kernels.values().stream().map(LiveKernel::view).toList();
    }
  }

  @Override
  public Optional<KernelView> find(KernelId id) {
    return Optional.ofNullable(kernels.get(id)).map(LiveKernel::view);
  }

  @Override
  public void interrupt(KernelId id) {
    LiveKernel kernel = kernel(id);
    if (!(kernel.life() instanceof KernelLife.Dead)) {
      link().request(operation("interrupt", kernel, kernel.life().generation()));
    }
  }

  @Override
  public KernelView restart(KernelId id) {
    LiveKernel kernel = kernel(id);
    KernelLife life = kernel.event(new KernelLife.Event.RestartAsked());
    background(
        "restart",
        () -> {
          if (life instanceof KernelLife.Restarting(int generation)) {
            background("request", () -> kernel.askToEnd(generation, true));
            end(kernel, generation, RESTART_GRACE);
          } else {
            pursue(kernel, Optional.empty());
          }
        });
    return kernel.view();
  }

  @Override
  public void shutdown(KernelId id, Duration grace) {
    LiveKernel kernel = kernel(id);
    KernelLife before = kernel.life();
    KernelLife life = kernel.event(new KernelLife.Event.ShutdownAsked());
    try {
      if (!(before instanceof KernelLife.Dead)) {
        background("request", () -> kernel.askToEnd(life.generation(), false));
        end(kernel, life.generation(), grace);
      }
    } catch (AgentException.KernelUnavailable e) {
      LOG.log(
          Level.WARNING,
          "kernel is ended when the launcher is back kernel=%s why=%s"
              .formatted(id, e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      forget(kernel);
    }
  }

  private void forget(LiveKernel kernel) {
    if (kernels.remove(kernel.id) == null) {
      return;
    }
    try {
      kernel.close();
      store.delete(kernel.id);
    } catch (IOException e) {
      LOG.log(Level.ERROR, "kernel's files remain kernel=%s".formatted(kernel.id), e);
    }
    changed();
  }

  /** The process has been asked to end; after {@code grace} it is killed. */
  private void end(LiveKernel kernel, int generation, Duration grace) throws InterruptedException {
    if (!kernel.awaitEnd(generation, grace)) {
      link().request(operation("kill", kernel, generation));
      if (!kernel.awaitEnd(generation, KILL_WAIT)) {
        LOG.log(
            Level.WARNING,
            "kernel does not end kernel=%s generation=%d".formatted(kernel.id, generation));
      }
    }
  }

  @Override
  public void send(KernelId id, Channel channel, WireMessage message) {
    kernel(id).send(channel, message);
  }

  @Override
  public long lastSequence(KernelId id) {
    return kernel(id).journal().lastSequence();
  }

  @Override
  public List<JournalEntry> read(KernelId id, long sequence, int limit) {
    return kernel(id).journal().read(sequence, limit);
  }

  @Override
  public Subscription subscribe(KernelId id, long sequence, Consumer<JournalEntry> listener) {
    Journal journal = kernel(id).journal();
    Delivery delivery = new Delivery(journal, sequence, listener);
    Thread.ofVirtual().name("journal-delivery").start(delivery);
    return delivery;
  }

  @Override
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  private void changed() {
    listeners.forEach(Runnable::run);
  }

  private LiveKernel kernel(KernelId id) {
    LiveKernel kernel = kernels.get(id);
    if (kernel == null) {
      throw new AgentException.KernelNotFound(id.toString());
    }
    return kernel;
  }

  /** Reads the journal for one subscriber. */
  private static final class Delivery implements Runnable, Subscription {
    private final Journal journal;
    private final Consumer<JournalEntry> listener;
    private final CountDownLatch ended = new CountDownLatch(1);
    private long sequence;

    Delivery(Journal journal, long sequence, Consumer<JournalEntry> listener) {
      this.journal = journal;
      this.sequence = sequence;
      this.listener = listener;
    }

    @Override
    public void run() {
      try {
        Duration pause = PAUSE_MIN;
        while (ended.getCount() > 0 && journal.await(sequence)) {
          List<JournalEntry> entries = read();
          if (entries.isEmpty()) {
            boolean over = ended.await(pause.toMillis(), TimeUnit.MILLISECONDS);
            LOG.log(
                Level.DEBUG, "delivery tried again sequence=%d over=%s".formatted(sequence, over));
            pause = pause.compareTo(PAUSE_MAX) < 0 ? pause.multipliedBy(2) : PAUSE_MAX;
            continue;
          }
          pause = PAUSE_MIN;
          for (JournalEntry entry : entries) {
            if (ended.getCount() == 0) {
              return;
            }
            sequence = entry.sequence();
            deliver(entry);
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    /** None if that fails now. */
    private List<JournalEntry> read() {
      try {
        return journal.read(sequence, READ_AT_ONCE);
      } catch (RuntimeException e) {
        LOG.log(Level.WARNING, "journal not read sequence=%d".formatted(sequence), e);
        return List.of();
      }
    }

    private void deliver(JournalEntry entry) {
      try {
        listener.accept(entry);
      } catch (RuntimeException e) {
        LOG.log(Level.WARNING, "entry not delivered sequence=%d".formatted(sequence), e);
      }
    }

    @Override
    public void close() {
      ended.countDown();
    }
  }

  // What should be, and what is.

  /** Makes one step towards what the kernel should be. */
  private void pursue(LiveKernel kernel, Optional<Map<String, JsonObject>> had)
      throws InterruptedException {
    KernelLife life = kernel.life();
    Optional<JsonObject> process =
        had.map(all -> all.get(name(kernel.id.toString(), life.generation())));
    switch (life) {
      case KernelLife.Starting(int generation, _) -> launch(kernel, generation);
      case KernelLife.Running(int generation, _, _) -> {
        if (process.isPresent()) {
          kernel.started(generation, Json.text(process.get(), "key"));
        } else if (had.isPresent()) {
          over(kernel, generation, death(kernel, new JsonObject()));
        }
      }
      case KernelLife.Restarting(int generation) -> {
        if (process.isPresent()) {
          kernel.started(generation, Json.text(process.get(), "key"));
          end(kernel, generation, Duration.ZERO);
        } else if (had.isPresent()) {
          over(kernel, generation, death(kernel, new JsonObject()));
        }
      }
      case KernelLife.Dead _, KernelLife.Ending _ -> {}
    }
  }

  private void launch(LiveKernel kernel, int generation) throws InterruptedException {
    try {
      JsonObject answer =
          awaitLink()
              .request(operation("start", kernel, generation).put("directory", kernel.directory));
      counters.started.increment();
      kernel.started(generation, Json.text(answer, "key"));
    } catch (AgentException.KernelUnavailable e) {
      if (connected()) {
        String reason = "The kernel could not be started: " + e.getMessage();
        LOG.log(
            Level.WARNING,
            "kernel not started kernel=%s why=%s".formatted(kernel.id, e.getMessage()));
        kernel.tellEnd(generation, reason, true, Optional.of("dead"));
        kernel.event(new KernelLife.Event.NotStarted(reason));
      } // else it is pursued again when the launcher is back
    }
  }

  private void exited(JsonObject event) throws InterruptedException {
    LiveKernel kernel = byText(Json.text(event, "kernel"));
    int generation = (int) Json.whole(event, "generation", -1);
    if (kernel == null || kernel.life().generation() != generation) {
      return;
    }
    Map<Channel, Long> ends = new EnumMap<>(Channel.class);
    JsonObject said = Json.object(event.getValue("ends"));
    for (Channel channel : Channel.values()) {
      ends.put(channel, Json.whole(said, channel.wireName(), 0));
    }
    kernel.awaitConsumed(generation, ends);
    over(kernel, generation, death(kernel, event));
  }

  private KernelDeath death(LiveKernel kernel, JsonObject event) {
    return new KernelDeath(
        small(event, "exit_code"),
        small(event, "signal"),
        Json.whole(event, "rss_peak_bytes", 0),
        settings.memoryLimitBytes(),
        kernel.killsSinceStart(),
        Json.text(event, "log"));
  }

  private static OptionalInt small(JsonObject event, String field) {
    return Json.number(event, field)
        .map(number -> OptionalInt.of(number.intValue()))
        .orElse(OptionalInt.empty());
  }

  private void over(LiveKernel kernel, int generation, KernelDeath death)
      throws InterruptedException {
    KernelLife life = kernel.life();
    if (life.generation() != generation || life instanceof KernelLife.Dead) {
      return;
    }
    boolean asked = life instanceof KernelLife.Restarting || life instanceof KernelLife.Ending;
    KernelLife next = life.after(new KernelLife.Event.Ended(death.reason()), clock.instant());
    if (!asked) {
      counters.died.increment();
      LOG.log(
          Level.WARNING,
          "kernel died kernel=%s generation=%d reason=%s log=%s"
              .formatted(kernel.id, generation, death.reason(), death.log()));
    }
    String outcome =
        switch (next) {
          case KernelLife.Dead _ -> " It died too often in a row and is not restarted.";
          case KernelLife.Starting _ -> " It is being restarted; its memory is lost.";
          case KernelLife.Running _, KernelLife.Restarting _, KernelLife.Ending _ -> "";
        };
    kernel.tellEnd(
        generation,
        asked ? "The kernel was restarted." : death.reason() + outcome,
        !asked,
        switch (next) {
          case KernelLife.Starting _ -> asked ? Optional.empty() : Optional.of("restarting");
          case KernelLife.Running _,
              KernelLife.Restarting _,
              KernelLife.Dead _,
              KernelLife.Ending _ ->
              Optional.of("dead");
        });
    if (!(life instanceof KernelLife.Ending)) {
      kernel.event(new KernelLife.Event.Ended(death.reason()));
      pursue(kernel, Optional.empty());
    }
  }

  private static JsonObject operation(String name, LiveKernel kernel, int generation) {
    return new JsonObject()
        .put("op", name)
        .put("kernel", kernel.id.toString())
        .put("generation", generation);
  }

  private @Nullable LiveKernel byText(String id) {
    try {
      return kernels.get(new KernelId(UUID.fromString(id)));
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static String name(String id, long generation) {
    return id + "/" + generation;
  }

  // The launcher's connections.

  private ControlLink link() {
    lock.lock();
    try {
      if (control == null) {
        throw new AgentException.KernelUnavailable("the kernel launcher is not connected");
      }
      return control;
    } finally {
      lock.unlock();
    }
  }

  private ControlLink awaitLink() throws InterruptedException {
    lock.lock();
    try {
      while (control == null) {
        if (closed) {
          throw new AgentException.KernelUnavailable("the agent ends");
        }
        moved.await();
      }
      return control;
    } finally {
      lock.unlock();
    }
  }

  private void accept() {
    try {
      while (true) {
        SocketChannel socket = server.accept();
        if (connections.tryAcquire()) {
          Thread.ofVirtual().name("launcher-connection").start(() -> serve(socket));
        } else {
          LOG.log(Level.WARNING, "too many connections from the sandbox");
          socket.close();
        }
      }
    } catch (ClosedChannelException e) {
      LOG.log(Level.DEBUG, "no more connections are accepted");
    } catch (IOException e) {
      LOG.log(Level.ERROR, "connections from the sandbox are not accepted any more", e);
    }
  }

  private void serve(SocketChannel socket) {
    try (socket) {
      Line lines = new Line(socket, LINE_MAX);
      byte[] line = lines.read();
      Optional<JsonObject> first = line == null ? Optional.empty() : Json.parse(line);
      switch (first.map(hello -> Json.text(hello, "type")).orElse("")) {
        case "control" -> serveControl(first.orElseThrow(), new ControlLink(socket, lines));
        case "channel" -> serveChannel(first.orElseThrow(), new ChannelLink(socket), lines);
        default -> LOG.log(Level.WARNING, "a connection from the sandbox that says nothing known");
      }
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "a connection from the sandbox ended why=%s".formatted(e.getMessage()));
    } finally {
      connections.release();
    }
  }

  private void serveControl(JsonObject hello, ControlLink link) throws IOException {
    if (Json.whole(hello, "protocol", 0) != 1) {
      throw new IOException("unknown protocol");
    }
    lock.lock();
    try {
      if (control != null) {
        LOG.log(Level.WARNING, "a second launcher: the first one's connection is closed");
        control.close();
      }
      control = link;
      moved.signalAll();
    } finally {
      lock.unlock();
    }
    changed();
    try {
      Map<String, JsonObject> had = had(hello, link);
      all().forEach(kernel -> background("adopt", () -> pursue(kernel, Optional.of(had))));
      link.run(event -> handle(event, link));
    } finally {
      lock.lock();
      try {
        if (control == link) {
          control = null;
        }
      } finally {
        lock.unlock();
      }
      changed();
    }
  }

  /** The launcher's kernels by name; those that nobody wants any more are killed. */
  private Map<String, JsonObject> had(JsonObject hello, ControlLink link) {
    Map<String, JsonObject> had = new LinkedHashMap<>();
    if (hello.getValue("kernels") instanceof JsonArray list) {
      for (Object one : list) {
        JsonObject kernel = Json.object(one);
        String id = Json.text(kernel, "id");
        long generation = Json.whole(kernel, "generation", -1);
        LiveKernel known = byText(id);
        if (known != null && known.life().generation() == generation) {
          had.put(name(id, generation), kernel);
        } else {
          background(
              "kill",
              () ->
                  link.request(
                      new JsonObject()
                          .put("op", "kill")
                          .put("kernel", id)
                          .put("generation", generation)));
        }
      }
    }
    return had;
  }

  private void handle(JsonObject event, ControlLink link) {
    background(
        "event",
        () -> {
          switch (Json.text(event, "event")) {
            case "exited" -> exited(event);
            case "unassign" -> unassign.run();
            default -> LOG.log(Level.WARNING, "an event from the sandbox that nobody knows");
          }
          link.acknowledge(Json.whole(event, "number", -1));
        });
  }

  private void serveChannel(JsonObject hello, ChannelLink link, Line bytes) throws IOException {
    LiveKernel kernel = byText(Json.text(hello, "kernel"));
    Channel channel;
    try {
      channel = Channel.valueOf(Json.text(hello, "channel").toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IOException("unknown channel", e);
    }
    if (kernel == null) {
      link.resumeAt(Long.MAX_VALUE >> 1);
    } else {
      int generation = (int) Json.whole(hello, "generation", -1);
      kernel.run(channel, generation, Json.whole(hello, "received", -1), link, bytes);
    }
  }

  private void every(Duration pause, Runnable work) {
    while (true) {
      lock.lock();
      try {
        long remaining = pause.toNanos();
        while (!closed && remaining > 0) {
          remaining = moved.awaitNanos(remaining);
        }
        if (closed) {
          return;
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      } finally {
        lock.unlock();
      }
      work.run();
    }
  }

  private List<LiveKernel> all() {
    synchronized (kernels) {
      return List.copyOf(kernels.values());
    }
  }

  private void settle() {
    for (LiveKernel kernel : all()) {
      try {
        kernel.settle();
      } catch (IOException e) {
        LOG.log(
            Level.DEBUG, "not settled now kernel=%s why=%s".formatted(kernel.id, e.getMessage()));
      }
    }
  }

  /** A launcher that takes nothing any more is asked to connect again. */
  private void watch() {
    all().forEach(kernel -> kernel.closeStalled(STALLED_MAX));
    ControlLink link;
    lock.lock();
    try {
      link = control;
    } finally {
      lock.unlock();
    }
    if (link != null && link.stalled(STALLED_MAX)) {
      LOG.log(Level.WARNING, "the launcher takes nothing: its connection is closed");
      end(link);
    }
  }

  /** Work that may wait. */
  private interface Work {
    void run() throws IOException, InterruptedException;
  }

  private void background(String what, Work work) {
    Thread.ofVirtual()
        .name("kernel-" + what)
        .start(
            () -> {
              try {
                work.run();
              } catch (AgentException | IOException e) {
                LOG.log(
                    Level.WARNING,
                    "%s not done, it is tried again with the launcher's next connection why=%s"
                        .formatted(what, e.getMessage()));
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }

  /** Stops listening; kernels go on, and the next agent adopts them. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      end(server);
      if (control != null) {
        end(control);
      }
      moved.signalAll();
    } finally {
      lock.unlock();
    }
    synchronized (kernels) {
      kernels.values().forEach(kernel -> end(kernel::close));
    }
  }

  /** Ends the launcher and all its kernels, if it is connected. */
  public void endLauncher() {
    ControlLink link;
    lock.lock();
    try {
      link = control;
    } finally {
      lock.unlock();
    }
    if (link == null) {
      return;
    }
    try {
      link.request(new JsonObject().put("op", "exit"));
    } catch (AgentException.KernelUnavailable gone) {
      LOG.log(Level.DEBUG, "the launcher has ended: " + gone.getMessage());
    }
  }

  /** What does not close is not in the way: everything needed is written already. */
  private static void end(Closeable thing) {
    try {
      thing.close();
    } catch (IOException e) {
      LOG.log(Level.WARNING, "not closed", e);
    }
  }
}
