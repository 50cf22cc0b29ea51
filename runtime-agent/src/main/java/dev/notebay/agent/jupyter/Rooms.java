package dev.notebay.agent.jupyter;

import dev.notebay.agent.core.activity.AgentClock;
import dev.notebay.agent.core.activity.Clients;
import dev.notebay.agent.core.activity.Notice;
import dev.notebay.agent.core.kernel.KernelId;
import dev.notebay.agent.core.kernel.Kernels;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Who is connected to which kernel, and what those who left have been given already. */
public final class Rooms implements Clients {
  private static final System.Logger LOG = System.getLogger(Rooms.class.getName());
  private static final int MOST_REMEMBERED = 256;
  private static final int MOST_CONNECTED = 256;
  private static final int NORMAL = 1000;
  private static final int REPLACED = 1000;
  private static final int GOING_AWAY = 1001;

  /** A client that was connected. */
  private record Left(long delivered, Set<String> sessions) {}

  private static final class Room {
    final Map<String, ChannelSocket> connected = new LinkedHashMap<>();
    final Map<String, Left> left =
        new LinkedHashMap<>() {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<String, Left> eldest) {
            return size() > MOST_REMEMBERED;
          }
        };
  }

  private final Kernels kernels;
  private final Notices notices;
  private final Map<KernelId, Room> rooms = new HashMap<>();
  private Optional<Notice> current = Optional.empty();
  private int connected;
  private boolean looking;
  private boolean lookAgain;

  public Rooms(Kernels kernels, AgentClock clock) {
    this.kernels = kernels;
    this.notices = new Notices(clock);
    kernels.onChange(this::kernelsChanged);
  }

  @Override
  public synchronized int connected() {
    return connected;
  }

  synchronized int connected(KernelId kernel) {
    Room room = rooms.get(kernel);
    return room == null ? 0 : room.connected.size();
  }

  synchronized boolean isFull() {
    return connected >= MOST_CONNECTED;
  }

  /**
   * Lets a client in; an older connection of the same client is ended.
   *
   * @param replayFrom the entry after which it wants to be told; empty for what it has missed since
   *     it left, or what is said from now on
   */
  void enter(ChannelSocket socket, Optional<Long> replayFrom) {
    KernelId kernel = socket.purpose().kernel();
    String key = socket.purpose().key();
    // Asked before anything else: what is said while the client enters is for it.
    long now = kernels.lastSequence(kernel);
    ChannelSocket stale;
    Optional<Left> left;
    Optional<Notice> notice;
    synchronized (this) {
      Room room = rooms.computeIfAbsent(kernel, _ -> new Room());
      stale = room.connected.put(key, socket);
      connected += stale == null ? 1 : 0;
      left =
          stale == null
              ? Optional.ofNullable(room.left.remove(key))
              : Optional.of(new Left(stale.delivered(), stale.sessions()));
      notice = current;
    }
    if (stale != null) {
      stale.close(REPLACED, "replaced by a newer connection of the same session_id");
      stale.closed();
    }
    long from = replayFrom.or(() -> left.map(Left::delivered)).orElse(now);
    socket.open(from, left.map(Left::sessions).orElse(Set.of()));
    notice.ifPresent(found -> notices.messages(found).forEach(socket::tell));
  }

  void leave(ChannelSocket socket) {
    socket.closed();
    synchronized (this) {
      Room room = rooms.get(socket.purpose().kernel());
      if (room != null && room.connected.remove(socket.purpose().key(), socket)) {
        connected--;
        room.left.put(socket.purpose().key(), new Left(socket.delivered(), socket.sessions()));
      }
    }
  }

  @Override
  public void announce(Notice notice) {
    synchronized (this) {
      current = notice instanceof Notice.EndPostponed ? Optional.empty() : Optional.of(notice);
    }
    everybody(
        socket -> Thread.ofVirtual().start(() -> notices.messages(notice).forEach(socket::tell)));
  }

  /** Ends all connections because the session ends. */
  public void closeAll(String reason) {
    everybody(socket -> socket.close(GOING_AWAY, reason));
  }

  private void everybody(Consumer<ChannelSocket> action) {
    List<ChannelSocket> all = new ArrayList<>();
    synchronized (this) {
      rooms.values().forEach(room -> all.addAll(room.connected.values()));
    }
    all.forEach(action);
  }

  private synchronized void kernelsChanged() {
    lookAgain = true;
    if (!looking) {
      looking = true;
      Thread.ofVirtual().name("kernels-changed").start(this::look);
    }
  }

  private void look() {
    while (true) {
      synchronized (this) {
        if (!lookAgain) {
          looking = false;
          return;
        }
        lookAgain = false;
      }
      try {
        closeEmptied();
      } catch (RuntimeException failure) {
        // The next change is looked at again.
        LOG.log(System.Logger.Level.WARNING, "kernels are not known", failure);
      }
    }
  }

  /** Ends the connections to kernels that are no more. */
  private void closeEmptied() {
    Set<KernelId> there = new HashSet<>();
    kernels.list().forEach(view -> there.add(view.id()));
    List<ChannelSocket> ended = new ArrayList<>();
    synchronized (this) {
      for (var entry : List.copyOf(rooms.entrySet())) {
        if (!there.contains(entry.getKey())) {
          ended.addAll(entry.getValue().connected.values());
          if (entry.getValue().connected.isEmpty()) {
            rooms.remove(entry.getKey());
          }
        }
      }
    }
    ended.forEach(
        socket -> Thread.ofVirtual().start(() -> socket.close(NORMAL, "the kernel is gone")));
  }
}
