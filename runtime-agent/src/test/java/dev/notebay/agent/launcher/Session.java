package dev.notebay.agent.launcher;

import dev.notebay.agent.core.journal.JournalEntry;
import dev.notebay.agent.core.kernel.KernelId;
import dev.notebay.agent.core.kernel.KernelView;
import dev.notebay.agent.core.kernel.Kernels;
import dev.notebay.agent.core.wire.Channel;
import dev.notebay.agent.core.wire.WireMessage;
import dev.notebay.agent.files.AgentFiles;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A session without a sandbox: a real launcher, real ipykernels, and an agent that can die. */
final class Session implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(60);

  final Path directory;
  final Process launcher;
  final AtomicInteger unassigned = new AtomicInteger();
  Supplier<OptionalLong> outOfMemoryKills = OptionalLong::empty;
  private @Nullable LauncherKernels kernels;

  Session() throws IOException {
    this(List.of());
  }

  Session(List<String> prefix, String... launcherOptions) throws IOException {
    directory = Files.createTempDirectory("nb");
    Files.createDirectories(directory.resolve("content/sub"));
    agent();
    List<String> command = new ArrayList<>(prefix);
    command.addAll(
        List.of(
            python(),
            "-I",
            "-S",
            "src/main/python/notebay_launcher",
            "--link",
            directory.resolve("agent.sock").toString(),
            "--scratch",
            directory.resolve("scratch").toString(),
            "--cwd",
            directory.resolve("content").toString()));
    command.addAll(List.of(launcherOptions));
    ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
    builder.environment().put("HOME", directory.toString());
    launcher = builder.start();
  }

  static String python() {
    return Optional.ofNullable(System.getenv("NOTEBAY_PYTHON")).orElse("/usr/bin/python3");
  }

  LauncherKernels agent() throws IOException {
    if (kernels == null) {
      kernels =
          new LauncherKernels(
              new LauncherSettings(
                  directory.resolve("agent.sock"), "python3", OptionalLong.of(256L << 20)),
              new AgentFiles(directory.resolve("agent"), 1L << 30),
              () -> outOfMemoryKills.get(),
              InstantSource.system(),
              unassigned::incrementAndGet);
    }
    return kernels;
  }

  void killAgent() throws IOException {
    if (kernels != null) {
      kernels.close();
      kernels = null;
    }
  }

  Client start() throws IOException {
    return new Client(agent().start(Optional.empty(), "python3", "").id());
  }

  static void eventually(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("not within " + PATIENCE + ": " + what);
      }
      java.util.concurrent.locks.LockSupport.parkNanos(2_000_000);
    }
  }

  @Override
  public void close() throws Exception {
    launcher.destroy();
    if (!launcher.waitFor(10, TimeUnit.SECONDS)) {
      launcher.destroyForcibly();
    }
    killAgent();
    try (var files = Files.walk(directory)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  static JsonObject json(byte[] bytes) {
    return new JsonObject(Buffer.buffer(bytes));
  }

  /** One entry, readable. */
  record Said(long sequence, Channel channel, String type, String parent, JsonObject content) {
    static Said of(JournalEntry entry) {
      JsonObject parent = json(entry.message().parentHeader());
      return new Said(
          entry.sequence(),
          entry.channel(),
          json(entry.message().header()).getString("msg_type"),
          parent.getString("msg_id", ""),
          json(entry.message().content()));
    }
  }

  /** A client that is attached from the start and forgets nothing. */
  final class Client {
    final KernelId id;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition grown = lock.newCondition();
    private final List<Said> all = new ArrayList<>();
    private Kernels.@Nullable Subscription subscription;

    Client(KernelId id) throws IOException {
      this.id = id;
      attach();
    }

    /** After what it has. */
    void attach() throws IOException {
      if (subscription != null) {
        subscription.close();
      }
      long from = all().isEmpty() ? 0 : all().getLast().sequence();
      subscription =
          agent()
              .subscribe(
                  id,
                  from,
                  entry -> {
                    lock.lock();
                    try {
                      all.add(Said.of(entry));
                      grown.signalAll();
                    } finally {
                      lock.unlock();
                    }
                  });
    }

    KernelView view() throws IOException {
      return agent().find(id).orElseThrow();
    }

    List<Said> all() {
      lock.lock();
      try {
        return List.copyOf(all);
      } finally {
        lock.unlock();
      }
    }

    String execute(String code) throws IOException {
      return send(
          Channel.SHELL,
          "execute_request",
          new JsonObject()
              .put("code", code)
              .put("silent", false)
              .put("store_history", true)
              .put("user_expressions", new JsonObject())
              .put("allow_stdin", true)
              .put("stop_on_error", false));
    }

    String send(Channel channel, String type, JsonObject content) throws IOException {
      String id = UUID.randomUUID().toString();
      JsonObject header =
          new JsonObject()
              .put("msg_id", id)
              .put("session", "test")
              .put("username", "test")
              .put("date", "2026-01-01T00:00:00.000000Z")
              .put("msg_type", type)
              .put("version", "5.3");
      byte[] none = "{}".getBytes(java.nio.charset.StandardCharsets.UTF_8);
      agent()
          .send(
              this.id,
              channel,
              new WireMessage(
                  header.toBuffer().getBytes(),
                  none,
                  none,
                  content.toBuffer().getBytes(),
                  List.of()));
      return id;
    }

    Said await(Predicate<Said> wanted) throws InterruptedException {
      long remaining = PATIENCE.toNanos();
      lock.lock();
      try {
        int looked = 0;
        while (true) {
          for (; looked < all.size(); looked++) {
            if (wanted.test(all.get(looked))) {
              return all.get(looked);
            }
          }
          if (remaining <= 0) {
            throw new AssertionError(
                "never said; the last: " + all.subList(Math.max(0, all.size() - 20), all.size()));
          }
          remaining = grown.awaitNanos(remaining);
        }
      } finally {
        lock.unlock();
      }
    }

    Said reply(String request) throws InterruptedException {
      return await(said -> said.type().endsWith("_reply") && said.parent().equals(request));
    }

    Said idle(String request) throws InterruptedException {
      return await(
          said ->
              said.type().equals("status")
                  && said.parent().equals(request)
                  && said.content().getString("execution_state").equals("idle"));
    }

    /** Executes and waits for all that comes of it. */
    Said run(String code) throws Exception {
      String request = execute(code);
      Said reply = reply(request);
      idle(request);
      return reply;
    }

    String text(String request, String stream) {
      StringBuilder text = new StringBuilder();
      for (Said said : all()) {
        if (said.type().equals("stream")
            && said.parent().equals(request)
            && said.content().getString("name").equals(stream)) {
          text.append(said.content().getString("text"));
        }
      }
      return text.toString();
    }
  }
}
