package dev.notebay.agent.core.kernel;

import dev.notebay.agent.core.wire.Channel;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What one kernel process was asked and has not answered, and whether it works. A kernel is busy
 * while it says so for any request, and while a request to execute waits for its turn: so a short
 * request on the control channel doesn't make a long cell look idle. Not for several threads.
 */
public final class Requests {
  private static final int KEPT_MAX = 4096;

  private final LinkedHashMap<String, Request> open = new LinkedHashMap<>();
  private final Set<String> working = new HashSet<>();
  private Optional<String> asking = Optional.empty();

  /**
   * A request without an answer.
   *
   * @param header the request's header, as it was sent
   * @param number which message to this process it is on its channel; 0 if that is not known
   * @param begun whether the kernel has begun to work on it
   * @param done whether the kernel has said that it is through with it
   */
  public record Request(
      String id,
      String type,
      Channel channel,
      byte[] header,
      long number,
      boolean begun,
      boolean done) {
    public boolean isExecute() {
      return type.equals("execute_request");
    }

    private Request with(boolean begun, boolean done) {
      return new Request(id, type, channel, header, number, begun, done);
    }
  }

  public void sent(String id, String type, Channel channel, byte[] header, long number) {
    open.put(id, new Request(id, type, channel, header, number, false, false));
    if (open.size() > KEPT_MAX) {
      open.pollFirstEntry();
    }
  }

  /** It did not reach the kernel; false if it is not open. */
  public boolean withdrawn(String id) {
    return open.remove(id) != null;
  }

  /** A reply came. */
  public void answered(String parent, Channel channel) {
    Request request = open.get(parent);
    if (request != null && request.channel() == channel) {
      open.remove(parent);
    }
  }

  /** The kernel's status message for {@code parent}. */
  public void status(String parent, String state) {
    Request request = open.get(parent);
    if (state.equals("busy")) {
      if (working.size() < KEPT_MAX) {
        working.add(parent);
      }
      if (request != null) {
        open.put(parent, request.with(true, false));
      }
    } else if (state.equals("idle")) {
      working.remove(parent);
      if (request != null) {
        open.put(parent, request.with(true, true));
      }
      if (asking.filter(parent::equals).isPresent()) {
        asking = Optional.empty();
      }
    }
  }

  /** The kernel asks a person for input, for {@code parent}. */
  public void inputAsked(String parent) {
    asking = Optional.of(parent);
  }

  /** Answers for which request. */
  public Optional<String> inputGiven() {
    Optional<String> before = asking;
    asking = Optional.empty();
    return before;
  }

  public boolean waitingForInput() {
    return asking.isPresent();
  }

  public boolean busy() {
    return !working.isEmpty()
        || open.values().stream().anyMatch(request -> request.isExecute() && !request.done());
  }

  /** Oldest first. */
  public List<Request> open() {
    return List.copyOf(open.values());
  }

  /** The process is another one now. */
  public void clear() {
    open.clear();
    working.clear();
    asking = Optional.empty();
  }
}
