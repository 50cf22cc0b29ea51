package dev.notebay.agent.launcher;

import dev.notebay.agent.core.journal.Journal;
import dev.notebay.agent.core.journal.JournalRecord;
import dev.notebay.agent.core.journal.JournalRecord.Kind;
import dev.notebay.agent.core.kernel.AgentException;
import dev.notebay.agent.core.kernel.ExecutionState;
import dev.notebay.agent.core.kernel.KernelId;
import dev.notebay.agent.core.kernel.KernelLife;
import dev.notebay.agent.core.kernel.KernelStore;
import dev.notebay.agent.core.kernel.KernelView;
import dev.notebay.agent.core.kernel.Requests;
import dev.notebay.agent.core.wire.Channel;
import dev.notebay.agent.core.wire.FrameDecoder;
import dev.notebay.agent.core.wire.FrameDecoder.Decoded;
import dev.notebay.agent.core.wire.KernelWire;
import dev.notebay.agent.core.wire.Signing;
import dev.notebay.agent.core.wire.WireMessage;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One kernel: its life, its journal, its connections. What a channel's connection brings is written
 * to the journal before anything else is done with it; everything else here follows from that.
 */
final class LiveKernel {
  private static final System.Logger LOG = System.getLogger(LiveKernel.class.getName());
  private static final Duration WAIT_FOR_START = Duration.ofSeconds(60);
  private static final Duration DISK_FULL_PAUSE = Duration.ofSeconds(1);
  private static final int STATUS_MAX = 4096;

  final KernelId id;
  final String name;
  final String directory;
  final Instant created;

  private final KernelStore store;
  private final Journal journal;
  private final InstantSource clock;
  private final Counters counters;
  private final Runnable changed;
  private final Made made = new Made();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition moved = lock.newCondition();
  private final Requests requests = new Requests();
  private final Map<Channel, Stream> streams = new EnumMap<>(Channel.class);
  private KernelLife life;
  private @Nullable KernelWire wire;
  private Optional<Instant> lastActivity = Optional.empty();
  private Optional<Instant> lastOutput = Optional.empty();
  private OptionalLong killsAtStart = OptionalLong.empty();
  private boolean gone;
  private boolean roomless;

  /** One channel of the process of now. */
  private static final class Stream {
    long consumed;
    long boundary;
    long acknowledged;
    long sent;
    @Nullable ChannelLink link;
  }

  LiveKernel(
      KernelStore.Saved saved,
      KernelStore store,
      InstantSource clock,
      Counters counters,
      Runnable changed)
      throws IOException {
    this.id = saved.id();
    this.name = saved.name();
    this.directory = saved.directory();
    this.created = saved.created();
    this.store = store;
    this.clock = clock;
    this.counters = counters;
    this.changed = changed;
    this.journal = store.journal(id, record -> recover(record, saved.generation()));
    this.journal.carry(this::openRequests);
    this.journal.noticeDrops(this::dropped);
    boolean known =
        journal.lastSequence() > 0
            && List.of(Channel.values()).stream()
                .anyMatch(channel -> journal.position(channel, saved.generation()).isPresent());
    if (saved.death().isPresent()) {
      life = new KernelLife.Dead(saved.generation(), saved.death().get());
    } else if (known) {
      life = new KernelLife.Running(saved.generation(), saved.restarts(), clock.instant());
    } else {
      life = new KernelLife.Starting(saved.generation(), saved.restarts());
    }
    lastActivity = journal.lastEntryTime();
    resetStreams();
  }

  private void recover(JournalRecord record, int generation) {
    if (record.generation() != generation) {
      return;
    }
    WireMessage message = record.message();
    switch (record.kind()) {
      case SENT ->
          Json.parse(message.header())
              .ifPresent(
                  header ->
                      requests.sent(
                          Json.text(header, "msg_id"),
                          Json.text(header, "msg_type"),
                          record.channel(),
                          message.header(),
                          record.offset()));
      case WITHDRAWN ->
          Json.parse(message.header())
              .ifPresent(header -> requests.withdrawn(Json.text(header, "msg_id")));
      case RECEIVED -> learn(record.channel(), message, record.time());
      case MADE, NOTICE, MARK, ENDED -> {}
    }
  }

  private void resetStreams() {
    for (Channel channel : Channel.values()) {
      Stream stream = new Stream();
      journal
          .position(channel, life.generation())
          .ifPresent(
              record -> {
                stream.consumed = record.offset();
                stream.boundary = record.offset();
              });
      Stream old = streams.put(channel, stream);
      if (old != null && old.link != null) {
        close(old.link);
      }
    }
    killsAtStart = counters.outOfMemoryKills();
  }

  // What it is.

  KernelView view() {
    return locked(
        () ->
            new KernelView(
                id,
                name,
                state(),
                lastActivity.orElse(created),
                requests.waitingForInput(),
                lastOutput.orElse(created),
                life instanceof KernelLife.Dead(_, String reason)
                    ? Optional.of(reason)
                    : Optional.empty()));
  }

  private ExecutionState state() {
    return switch (life) {
      case KernelLife.Starting(_, int restarts) when restarts > 0 -> ExecutionState.AUTORESTARTING;
      case KernelLife.Starting(int generation, _) ->
          generation > 1 ? ExecutionState.RESTARTING : ExecutionState.STARTING;
      case KernelLife.Running _, KernelLife.Ending _ ->
          requests.busy() ? ExecutionState.BUSY : ExecutionState.IDLE;
      case KernelLife.Restarting _ -> ExecutionState.RESTARTING;
      case KernelLife.Dead _ -> ExecutionState.DEAD;
    };
  }

  KernelLife life() {
    return locked(() -> life);
  }

  Journal journal() {
    return journal;
  }

  OptionalLong killsSinceStart() {
    OptionalLong now = counters.outOfMemoryKills();
    return locked(
        () ->
            now.isPresent() && killsAtStart.isPresent()
                ? OptionalLong.of(now.getAsLong() - killsAtStart.getAsLong())
                : OptionalLong.empty());
  }

  // Its life.

  private void save(KernelLife now) throws IOException {
    store.save(
        new KernelStore.Saved(
            id,
            name,
            directory,
            created,
            now.generation(),
            switch (now) {
              case KernelLife.Starting(_, int restarts) -> restarts;
              case KernelLife.Running(_, int restarts, _) -> restarts;
              case KernelLife.Restarting _, KernelLife.Dead _, KernelLife.Ending _ -> 0;
            },
            now instanceof KernelLife.Dead(_, String reason)
                ? Optional.of(reason)
                : Optional.empty()));
  }

  /** What it is then; saved first, unless that can be found out again. */
  KernelLife event(KernelLife.Event event) {
    lock.lock();
    try {
      int generation = life.generation();
      KernelLife next = life.after(event, clock.instant());
      while (!gone && (next.generation() != generation || next instanceof KernelLife.Dead)) {
        try {
          save(next);
          break;
        } catch (IOException e) {
          if (!diskPause(e)) {
            throw new AgentException.KernelUnavailable("interrupted");
          }
          if (life.generation() != generation) {
            return life; // that was settled meanwhile
          }
          next = life.after(event, clock.instant());
        }
      }
      life = next;
      if (life.generation() != generation) {
        wire = null;
        requests.clear();
        resetStreams();
      }
      moved.signalAll();
      return life;
    } finally {
      lock.unlock();
      changed.run();
    }
  }

  /** The process of this generation is there, with this key. */
  void started(int generation, String key) {
    lock.lock();
    try {
      if (life.generation() == generation && wire == null) {
        wire = new KernelWire(new Signing(key));
        moved.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Tells clients that the process is over: what it was asked is answered in its place, the reason
   * is shown, and {@code status} is what the kernel is next, if clients are to hear that. Does so
   * once for a generation, however often it is called.
   */
  void tellEnd(int generation, String reason, boolean explain, Optional<String> status) {
    lock.lock();
    try {
      if (journal.endedGeneration() >= generation) {
        return;
      }
      Instant now = clock.instant();
      List<JournalRecord> records = new ArrayList<>();
      boolean explained = !explain;
      for (Requests.Request request : requests.open()) {
        if (request.begun() && request.isExecute() && !explained) {
          explained = true;
          records.add(
              made(Channel.IOPUB, made.stderr(reason + "\n", request.header(), now), generation));
        }
        records.add(made(request.channel(), made.reply(request, reason, now), generation));
        records.add(made(Channel.IOPUB, made.status("idle", request.header(), now), generation));
      }
      if (!explained) {
        records.add(
            made(Channel.IOPUB, made.stderr(reason + "\n", Made.NO_PARENT, now), generation));
      }
      status.ifPresent(
          next ->
              records.add(made(Channel.IOPUB, made.status(next, Made.NO_PARENT, now), generation)));
      records.add(JournalRecord.ended(generation, now));
      requests.clear();
      append(records);
      moved.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private JournalRecord made(Channel channel, WireMessage message, int generation) {
    return new JournalRecord(Kind.MADE, channel, false, generation, 0, clock.instant(), 0, message);
  }

  /** Waits until all is known that the process of this generation said, or the kernel is gone. */
  void awaitConsumed(int generation, Map<Channel, Long> ends) throws InterruptedException {
    lock.lock();
    try {
      while (!gone
          && life.generation() == generation
          && ends.entrySet().stream()
              .anyMatch(end -> stream(end.getKey()).consumed < end.getValue())) {
        moved.await(1, TimeUnit.SECONDS);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits until the process of {@code generation} is over; false if that takes too long. */
  boolean awaitEnd(int generation, Duration atMost) throws InterruptedException {
    long remaining = atMost.toNanos();
    lock.lock();
    try {
      while (!gone && journal.endedGeneration() < generation && remaining > 0) {
        remaining = moved.awaitNanos(remaining);
      }
      return gone || journal.endedGeneration() >= generation;
    } finally {
      lock.unlock();
    }
  }

  // Its connections.

  /**
   * Carries one channel of the process of {@code generation} until the connection ends.
   *
   * @param received how many messages the launcher got for the process on this channel so far; -1
   *     if it does not say
   */
  void run(Channel channel, int generation, long received, ChannelLink link, Line bytes)
      throws IOException {
    FrameDecoder decoder = attach(channel, generation, received, link);
    if (decoder == null) {
      link.resumeAt(Long.MAX_VALUE >> 1); // nobody wants to know any more
      return;
    }
    try {
      link.resumeAt(decoder.offset());
      up();
      byte[] piece = new byte[64 * 1024];
      while (true) {
        awaitRoom(channel, link);
        int length = bytes.read(piece);
        if (length < 0) {
          return;
        }
        List<Decoded> decoded = new ArrayList<>();
        decoder.feed(piece, length, decoded::add);
        if (!take(channel, generation, decoded, decoder.offset())) {
          return;
        }
      }
    } finally {
      detach(channel, link);
    }
  }

  /** Without enough room nothing is read, so the launcher's window closes, and the kernel waits. */
  private void awaitRoom(Channel channel, ChannelLink link) throws IOException {
    if (store.hasRoom()) {
      return;
    }
    lock.lock();
    try {
      while (!gone && stream(channel).link == link && !store.hasRoom()) {
        if (!roomless) {
          roomless = true;
          LOG.log(
              Level.ERROR,
              "the disk is nearly full: nothing is read from the kernel until there is room kernel=%s"
                  .formatted(id));
        }
        boolean signalled = moved.await(DISK_FULL_PAUSE.toMillis(), TimeUnit.MILLISECONDS);
        LOG.log(Level.TRACE, "room looked for again signalled=%s".formatted(signalled));
      }
      roomless = false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      lock.unlock();
    }
  }

  private @Nullable FrameDecoder attach(
      Channel channel, int generation, long received, ChannelLink link) throws IOException {
    lock.lock();
    try {
      long remaining = WAIT_FOR_START.toNanos();
      while (!gone && life.generation() <= generation && wire == null && remaining > 0) {
        remaining = moved.awaitNanos(remaining);
      }
      if (gone || life.generation() != generation || wire == null) {
        return null;
      }
      Stream stream = stream(channel);
      if (stream.link != null) {
        close(stream.link);
      }
      stream.link = link;
      stream.sent = Math.max(received, 0);
      if (received >= 0) {
        answerLost(channel, received);
      }
      Optional<JournalRecord> position = journal.position(channel, generation);
      stream.consumed = position.map(JournalRecord::offset).orElse(0L);
      stream.boundary = stream.consumed;
      return new FrameDecoder(
          stream.consumed,
          position.map(JournalRecord::flag).orElse(false),
          FrameDecoder.MESSAGE_MAX);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      lock.unlock();
    }
  }

  /** Requests that an earlier connection took with it: the kernel will never hear of them. */
  private void answerLost(Channel channel, long received) {
    Instant now = clock.instant();
    List<JournalRecord> records = new ArrayList<>();
    for (Requests.Request request : requests.open()) {
      if (request.channel() == channel && request.number() > received) {
        String why = "The request was lost on its way to the kernel: send it again.";
        records.add(made(channel, made.reply(request, why, now), life.generation()));
        records.add(
            made(Channel.IOPUB, made.status("idle", request.header(), now), life.generation()));
        records.add(tracked(Kind.WITHDRAWN, channel, request.header(), 0));
        requests.withdrawn(request.id());
      }
    }
    append(records);
  }

  private void detach(Channel channel, ChannelLink link) {
    lock.lock();
    try {
      Stream stream = stream(channel);
      if (stream.link == link) {
        stream.link = null;
      }
    } finally {
      lock.unlock();
    }
  }

  private void up() {
    boolean first;
    lock.lock();
    try {
      first =
          life instanceof KernelLife.Starting
              && streams.values().stream().allMatch(stream -> stream.link != null);
      if (first && life.generation() > 1) {
        Instant now = clock.instant();
        append(
            List.of(
                made(Channel.IOPUB, made.status("idle", Made.NO_PARENT, now), life.generation())));
      }
    } finally {
      lock.unlock();
    }
    if (first) {
      event(new KernelLife.Event.Up());
    }
  }

  /** False if this connection is not the kernel's any more. */
  private boolean take(Channel channel, int generation, List<Decoded> decoded, long consumed) {
    boolean state = false;
    lock.lock();
    try {
      if (gone || life.generation() != generation || wire == null) {
        return false;
      }
      ExecutionState before = state();
      boolean waited = requests.waitingForInput();
      Instant now = clock.instant();
      List<JournalRecord> records = new ArrayList<>();
      for (Decoded one : decoded) {
        records.addAll(records(channel, generation, one, wire, now));
      }
      Stream stream = stream(channel);
      append(records);
      stream.consumed = consumed;
      if (!decoded.isEmpty()) {
        stream.boundary = decoded.getLast().end();
      }
      for (JournalRecord record : records) {
        if (record.kind() == Kind.RECEIVED) {
          learn(record.channel(), record.message(), now);
        }
      }
      state = before != state() || waited != requests.waitingForInput();
      moved.signalAll();
    } finally {
      lock.unlock();
      if (state) {
        changed.run();
      }
    }
    return true;
  }

  private List<JournalRecord> records(
      Channel channel, int generation, Decoded decoded, KernelWire wire, Instant now) {
    return switch (decoded) {
      case Decoded.Message(List<byte[]> frames, long end) ->
          switch (wire.receive(frames)) {
            case KernelWire.Received.Accepted(WireMessage message) -> {
              counters.received.increment();
              yield List.of(
                  new JournalRecord(
                      Kind.RECEIVED, channel, false, generation, 0, now, end, message));
            }
            case KernelWire.Received.Refused(String why) -> {
              refused(channel, why);
              yield List.of(JournalRecord.mark(channel, false, generation, 0, now, end));
            }
          };
      case Decoded.TooLarge(boolean first, boolean more, long end) ->
          first
              ? tooLarge(channel, generation, more, end, now)
              : List.of(JournalRecord.mark(channel, more, generation, 0, now, end));
      case Decoded.Malformed(long end) -> {
        refused(channel, "not ZMTP");
        yield List.of(JournalRecord.mark(channel, false, generation, 0, now, end));
      }
    };
  }

  /** Who floods us with them does not get to flood the log. */
  private void refused(Channel channel, String why) {
    counters.refused.increment();
    long count = counters.refused.sum();
    if (Long.bitCount(count) == 1) {
      LOG.log(
          Level.WARNING,
          "message refused kernel=%s channel=%s why=%s refused_so_far=%d"
              .formatted(id, channel, why, count));
    }
  }

  private List<JournalRecord> tooLarge(
      Channel channel, int generation, boolean more, long end, Instant now) {
    counters.refused.increment();
    String text =
        "A message of more than %d MiB was dropped: print less at once, or write it to a file."
            .formatted(FrameDecoder.MESSAGE_MAX / (1024 * 1024));
    Optional<Requests.Request> request = begun();
    byte[] parent = request.map(Requests.Request::header).orElse(Made.NO_PARENT);
    WireMessage shown = made.stderr(text + "\n", parent, now);
    if (channel == Channel.IOPUB) {
      return List.of(new JournalRecord(Kind.NOTICE, channel, more, generation, 0, now, end, shown));
    }
    List<JournalRecord> records = new ArrayList<>();
    records.add(made(Channel.IOPUB, shown, generation));
    if (request.isPresent() && request.get().channel() == channel) {
      records.add(
          new JournalRecord(
              Kind.NOTICE,
              channel,
              more,
              generation,
              0,
              now,
              end,
              made.reply(request.get(), text, now)));
      requests.answered(request.get().id(), channel);
    } else {
      records.add(JournalRecord.mark(channel, more, generation, 0, now, end));
    }
    return records;
  }

  private Optional<Requests.Request> begun() {
    return requests.open().stream().filter(Requests.Request::begun).findFirst();
  }

  private JournalRecord dropped(Instant oldest) {
    String text =
        "Output before %s was dropped from the journal, which had become too large.\n"
            .formatted(oldest.truncatedTo(ChronoUnit.SECONDS));
    byte[] parent = begun().map(Requests.Request::header).orElse(Made.NO_PARENT);
    return made(Channel.IOPUB, made.stderr(text, parent, clock.instant()), life.generation());
  }

  /**
   * Without room on the disk the kernel waits: nothing is lost, and nothing is shown that could be.
   */
  private void append(List<JournalRecord> records) {
    if (records.isEmpty()) {
      return;
    }
    while (true) {
      try {
        counters.journalBytes.add(journal.append(records));
        return;
      } catch (IOException e) {
        if (gone) {
          return;
        }
        if (!diskPause(e)) {
          return;
        }
      }
    }
  }

  /** Lets go of the lock for a while; false if the thread is to end. */
  private boolean diskPause(IOException why) {
    LOG.log(Level.ERROR, "the agent cannot write, the kernel waits kernel=%s".formatted(id), why);
    try {
      boolean signalled = moved.await(DISK_FULL_PAUSE.toMillis(), TimeUnit.MILLISECONDS);
      LOG.log(Level.DEBUG, "tried again kernel=%s signalled=%s".formatted(id, signalled));
      return true;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void learn(Channel channel, WireMessage message, Instant now) {
    JsonObject header = Json.parse(message.header()).orElseGet(JsonObject::new);
    JsonObject parentHeader = Json.parse(message.parentHeader()).orElseGet(JsonObject::new);
    String type = Json.text(header, "msg_type");
    String parent = Json.text(parentHeader, "msg_id");
    switch (channel) {
      case SHELL, CONTROL -> requests.answered(parent, channel);
      case STDIN -> {
        if (type.equals("input_request")) {
          requests.inputAsked(parent);
        }
      }
      case IOPUB -> {
        lastActivity = Optional.of(now);
        if (!type.equals("status")) {
          lastOutput = Optional.of(now);
        } else if (message.content().length <= STATUS_MAX) {
          Json.parse(message.content())
              .ifPresent(content -> requests.status(parent, Json.text(content, "execution_state")));
        }
      }
    }
  }

  private List<JournalRecord> openRequests() {
    return requests.open().stream()
        .map(request -> tracked(Kind.SENT, request.channel(), request.header(), request.number()))
        .toList();
  }

  private JournalRecord tracked(Kind kind, Channel channel, byte[] header, long number) {
    WireMessage message =
        new WireMessage(header, Made.NO_PARENT, Made.NO_PARENT, Made.NO_PARENT, List.of());
    return new JournalRecord(
        kind, channel, false, life.generation(), 0, clock.instant(), number, message);
  }

  /** Signs and sends; waits while the kernel is starting. */
  void send(Channel channel, WireMessage message) {
    JsonObject header =
        Json.parse(message.header())
            .orElseThrow(() -> new AgentException.BadMessage("header: no JSON object"));
    String type = Json.text(header, "msg_type");
    String messageId = Json.text(header, "msg_id");
    if (messageId.isEmpty() || type.isEmpty() || channel == Channel.IOPUB) {
      throw new AgentException.BadMessage(
          "a message without msg_id or msg_type, or on a channel that takes none");
    }
    boolean request = type.endsWith("_request") && channel != Channel.STDIN;
    try {
      while (!sendOn(locked(() -> awaitLink(channel)), channel, message, request ? type : "")) {
        LOG.log(Level.DEBUG, "another connection meanwhile kernel=%s".formatted(id));
      }
    } catch (IOException e) {
      if (request) {
        withdraw(channel, message.header(), messageId);
      }
      throw new AgentException.KernelUnavailable("the kernel launcher is not connected");
    } finally {
      changed.run();
    }
  }

  /**
   * Writes without holding the state's lock: the sandbox may take its time.
   *
   * @param request the type of a request that will be answered; empty for others
   * @return false if {@code link} is not the channel's any more
   */
  private boolean sendOn(ChannelLink link, Channel channel, WireMessage message, String request)
      throws IOException {
    link.turn.lock();
    try {
      byte[] frames;
      Optional<String> asked = Optional.empty();
      lock.lock();
      try {
        Stream stream = stream(channel);
        KernelWire signer = wire;
        if (stream.link != link || signer == null) {
          return false;
        }
        frames = signer.send(message);
        stream.sent++;
        if (!request.isEmpty()) {
          long number = stream.sent;
          append(List.of(tracked(Kind.SENT, channel, message.header(), number)));
          String messageId =
              Json.text(Json.parse(message.header()).orElseGet(JsonObject::new), "msg_id");
          requests.sent(messageId, request, channel, message.header(), number);
        } else if (channel == Channel.STDIN) {
          asked = requests.inputGiven();
        }
      } finally {
        lock.unlock();
      }
      try {
        link.send(frames);
      } catch (IOException e) {
        Optional<String> unanswered = asked;
        locked(
            () -> {
              unanswered.ifPresent(requests::inputAsked);
              return true;
            });
        close(link); // a part of a message may be on it
        throw e;
      }
      return true;
    } finally {
      link.turn.unlock();
    }
  }

  private void withdraw(Channel channel, byte[] header, String messageId) {
    lock.lock();
    try {
      if (requests.withdrawn(messageId)) {
        append(List.of(tracked(Kind.WITHDRAWN, channel, header, 0)));
      }
    } finally {
      lock.unlock();
    }
  }

  private ChannelLink awaitLink(Channel channel) {
    long remaining = WAIT_FOR_START.toNanos();
    try {
      while (true) {
        if (gone || life instanceof KernelLife.Dead || life instanceof KernelLife.Ending) {
          throw new AgentException.KernelUnavailable("the kernel is dead");
        }
        ChannelLink link = stream(channel).link;
        boolean told = journal.endedGeneration() >= life.generation(); // what is sent now is lost
        if (link != null && life instanceof KernelLife.Running && !told) {
          return link;
        }
        if (remaining <= 0) {
          throw new AgentException.KernelUnavailable(
              "the kernel did not start within " + WAIT_FOR_START.toSeconds() + " s");
        }
        remaining = moved.awaitNanos(remaining);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AgentException.KernelUnavailable("interrupted");
    }
  }

  /** Asks the process of {@code generation} to end by itself, if it can be asked. */
  void askToEnd(int generation, boolean restart) throws IOException {
    ChannelLink link =
        locked(() -> life.generation() == generation ? stream(Channel.CONTROL).link : null);
    if (link != null) {
      boolean asked =
          sendOn(link, Channel.CONTROL, made.shutdownRequest(restart, clock.instant()), "");
      LOG.log(Level.DEBUG, "asked to end kernel=%s asked=%s".formatted(id, asked));
    }
  }

  /** Ends connections whose other side takes nothing: the launcher makes new ones. */
  void closeStalled(Duration limit) {
    lock.lock();
    try {
      for (Stream stream : streams.values()) {
        if (stream.link != null && stream.link.stalled(limit)) {
          LOG.log(Level.WARNING, "the launcher takes nothing kernel=%s".formatted(id));
          close(stream.link);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Makes what is written outlive the machine, and lets the launcher forget it. */
  void settle() throws IOException {
    Map<ChannelLink, Long> safe = new IdentityHashMap<>();
    lock.lock();
    try {
      for (Stream stream : streams.values()) {
        ChannelLink link = stream.link;
        if (link != null && stream.boundary > stream.acknowledged) {
          safe.put(link, stream.boundary);
        }
      }
    } finally {
      lock.unlock();
    }
    if (safe.isEmpty()) {
      return;
    }
    journal.force();
    for (Map.Entry<ChannelLink, Long> one : List.copyOf(safe.entrySet())) {
      if (!one.getKey().acknowledge(one.getValue())) {
        safe.remove(one.getKey());
      }
    }
    lock.lock();
    try {
      for (Stream stream : streams.values()) {
        Long offset = stream.link == null ? null : safe.get(stream.link);
        if (offset != null) {
          stream.acknowledged = Math.max(stream.acknowledged, offset);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Nothing more is taken; readers end. */
  void close() throws IOException {
    lock.lock();
    try {
      gone = true;
      for (Stream stream : streams.values()) {
        if (stream.link != null) {
          close(stream.link);
        }
      }
      moved.signalAll();
    } finally {
      lock.unlock();
    }
    journal.close();
  }

  private Stream stream(Channel channel) {
    return Objects.requireNonNull(streams.get(channel));
  }

  private void close(ChannelLink link) {
    try {
      link.close();
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "connection does not close kernel=%s".formatted(id));
    }
  }

  private <T extends @Nullable Object> T locked(Supplier<T> action) {
    lock.lock();
    try {
      return action.get();
    } finally {
      lock.unlock();
    }
  }
}
