package dev.notebay.agent.jupyter;

import dev.notebay.agent.core.journal.JournalEntry;
import dev.notebay.agent.core.kernel.AgentException;
import dev.notebay.agent.core.kernel.KernelId;
import dev.notebay.agent.core.kernel.Kernels;
import dev.notebay.agent.core.wire.Channel;
import dev.notebay.agent.core.wire.WireMessage;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import java.util.ArrayDeque;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One client's connection to a kernel.
 *
 * <p>Towards the client: everything on IOPub, and those replies and input requests whose parent
 * carries a message session that this client has used. Towards the kernel: one message after the
 * other, in the order they came; a client that sends faster than the kernel takes is not read from.
 */
final class ChannelSocket {
  private static final System.Logger LOG = System.getLogger(ChannelSocket.class.getName());
  private static final int MOST_UNREAD = 256;
  private static final int MOST_UNREAD_BYTES = 4 << 20;
  private static final int MOST_SESSIONS = 1000;

  /** Messages up to this size are few in memory for each client and not counted. */
  private static final int SMALL = 64 << 10;

  private static final short NORMAL = 1000;
  private static final short GOING_AWAY = 1001;
  private static final short INVALID_PAYLOAD = 1007;
  private static final short FAILED = 1011;

  /** Requests that a person or a person's program makes; the rest tools send by themselves. */
  private static final Set<String> COUNTING =
      Set.of(
          "execute_request",
          "input_reply",
          "complete_request",
          "inspect_request",
          "is_complete_request",
          "comm_open",
          "comm_msg",
          "comm_close",
          "debug_request",
          "interrupt_request",
          "shutdown_request");

  /** What a connection is for. */
  record Purpose(KernelId kernel, String key, boolean numbered, boolean tracked) {}

  private final ServerWebSocket socket;
  private final Purpose purpose;
  private final Framing framing;
  private final Kernels kernels;
  private final Traffic traffic;
  private final ByteBudget budget;
  private final Runnable requested;
  private final Runnable heard;
  private final ToClient toClient = new ToClient();
  private final Outbound outbound;
  private final Set<String> sessions = ConcurrentHashMap.newKeySet();
  private final Queue<Framing.Frame> unread = new ArrayDeque<>();
  private int unreadBytes;
  private boolean reading;
  private boolean paused;
  private boolean closed;
  private Kernels.@Nullable Subscription subscription;

  /**
   * @param requested called when a person has asked for something
   * @param heard called whenever the client answers a ping
   */
  ChannelSocket(
      ServerWebSocket socket,
      Purpose purpose,
      Framing framing,
      Kernels kernels,
      Traffic traffic,
      ByteBudget budget,
      Runnable requested,
      Runnable heard) {
    this.socket = socket;
    this.purpose = purpose;
    this.framing = framing;
    this.kernels = kernels;
    this.traffic = traffic;
    this.budget = budget;
    this.requested = requested;
    this.heard = heard;
    this.outbound = new Outbound(toClient);
    socket.pongHandler(this::pong);
    sessions.add(purpose.key());
  }

  Purpose purpose() {
    return purpose;
  }

  /** The message sessions whose replies this client gets. */
  Set<String> sessions() {
    return Set.copyOf(sessions);
  }

  /**
   * The last entry of the journal that the client has been given. One that said goodbye has read
   * all it wanted; of others only what they have confirmed counts.
   */
  long delivered() {
    Short status = socket.closeStatusCode();
    boolean goodbye = status != null && (status == NORMAL || status == GOING_AWAY);
    return goodbye ? outbound.written() : outbound.arrived();
  }

  /** Asks whether the client still lives. A client may answer only the newest of several pings. */
  void ping() {
    toClient.ping(outbound.written());
  }

  private void pong(Buffer payload) {
    heard.run();
    if (payload.length() == Long.BYTES) {
      outbound.pong(payload.getLong(0));
    }
  }

  /**
   * Begins: gives the client what follows {@code sequence}.
   *
   * @param known message sessions that this client used when it was connected before
   */
  void open(long sequence, Set<String> known) {
    outbound.begin(sequence);
    sessions.addAll(known);
    socket.textMessageHandler(text -> received(new Framing.Frame.Text(text)));
    socket.binaryMessageHandler(bytes -> received(new Framing.Frame.Binary(bytes)));
    Kernels.Subscription opened = kernels.subscribe(purpose.kernel(), sequence, this::deliver);
    synchronized (this) {
      if (!closed) {
        subscription = opened;
        return;
      }
    }
    opened.close();
  }

  private void deliver(JournalEntry entry) {
    if (isForThisClient(entry)) {
      OptionalLong number =
          purpose.numbered() ? OptionalLong.of(entry.sequence()) : OptionalLong.empty();
      if (send(entry, number)) {
        traffic.sentToClient(entry.channel());
      }
    } else {
      outbound.skip(entry.sequence());
    }
  }

  private boolean send(JournalEntry entry, OptionalLong number) {
    OptionalLong sequence = OptionalLong.of(entry.sequence());
    long size = MessageJson.length(entry.message());
    if (size <= SMALL) {
      return outbound.send(framing.encode(entry.channel(), entry.message(), number), sequence);
    }
    try {
      ByteBudget.Share memory = memory(2 * size);
      boolean queued = false;
      try {
        Framing.Frame frame = framing.encode(entry.channel(), entry.message(), number);
        memory.shrink(size);
        queued = outbound.send(frame, sequence, memory::close);
        return queued;
      } finally {
        if (!queued) {
          memory.close();
        }
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private ByteBudget.Share memory(long bytes) throws InterruptedException {
    return budget.take(bytes, outbound::isClosed);
  }

  private boolean isForThisClient(JournalEntry entry) {
    return entry.channel() == Channel.IOPUB
        || MessageJson.text(entry.message().parentHeader(), "session")
            .filter(sessions::contains)
            .isPresent();
  }

  /** Sends what no kernel said. Waits for room: not to be called where waiting is not allowed. */
  void tell(WireMessage message) {
    outbound.send(
        framing.encode(Channel.IOPUB, message, OptionalLong.empty()), OptionalLong.empty());
  }

  private void received(Framing.Frame frame) {
    boolean begin;
    synchronized (this) {
      unread.add(frame);
      unreadBytes += frame.size();
      if (!paused && (unreadBytes > MOST_UNREAD_BYTES || unread.size() > MOST_UNREAD)) {
        paused = true;
        socket.pause();
      }
      begin = !reading;
      reading = true;
    }
    if (begin) {
      Thread.ofVirtual().name("from-client").start(this::readAll);
    }
  }

  private void readAll() {
    Framing.Frame frame = next();
    while (frame != null) {
      try (ByteBudget.Share _ = memory(frame.size() <= SMALL ? 0 : 2L * frame.size())) {
        toKernel(framing.decode(frame));
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      } catch (AgentException.BadMessage malformed) {
        socket.close(INVALID_PAYLOAD, String.valueOf(malformed.getMessage()));
      } catch (AgentException unavailable) {
        // The client learns it from the kernel's state; its other messages may still be of use.
        LOG.log(System.Logger.Level.INFO, "message not delivered: " + unavailable.getMessage());
      } catch (RuntimeException failure) {
        LOG.log(System.Logger.Level.ERROR, "message not delivered", failure);
      }
      frame = next();
    }
  }

  private synchronized Framing.@Nullable Frame next() {
    Framing.Frame frame = unread.poll();
    if (frame == null || closed) {
      reading = false;
      return null;
    }
    unreadBytes -= frame.size();
    if (paused && unreadBytes < MOST_UNREAD_BYTES / 2 && unread.size() < MOST_UNREAD / 2) {
      paused = false;
      socket.resume();
    }
    return frame;
  }

  private void toKernel(Framing.Addressed addressed) {
    byte[] header = addressed.message().header();
    MessageJson.text(header, "session")
        .filter(_ -> sessions.size() < MOST_SESSIONS)
        .ifPresent(sessions::add);
    if (purpose.tracked()
        && MessageJson.text(header, "msg_type").filter(COUNTING::contains).isPresent()) {
      requested.run();
    }
    traffic.sentToKernel(addressed.channel());
    kernels.send(purpose.kernel(), addressed.channel(), addressed.message());
  }

  /** Ends the connection from this side. */
  void close(int status, String reason) {
    socket.close((short) status, reason);
  }

  /** The connection has ended. */
  void closed() {
    outbound.close();
    Kernels.Subscription ended;
    synchronized (this) {
      closed = true;
      ended = subscription;
      subscription = null;
    }
    if (ended != null) {
      ended.close();
    }
  }

  /** The socket's end that is written to. */
  private final class ToClient implements Outbound.Wire {
    @Override
    public Future<Void> write(Framing.Frame frame) {
      return switch (frame) {
        case Framing.Frame.Text(String text) -> socket.writeTextMessage(text);
        case Framing.Frame.Binary(Buffer bytes) -> socket.writeBinaryMessage(bytes);
      };
    }

    @Override
    public void ping(long sequence) {
      if (!socket.isClosed()) {
        socket.writePing(Buffer.buffer(Long.BYTES).appendLong(sequence));
      }
    }

    @Override
    public void broken(Throwable failure) {
      LOG.log(System.Logger.Level.DEBUG, "client is gone: " + failure.getMessage());
      socket.close(FAILED, "message not sent");
    }
  }
}
