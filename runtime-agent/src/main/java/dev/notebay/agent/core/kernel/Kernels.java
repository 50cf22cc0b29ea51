package dev.notebay.agent.core.kernel;

import dev.notebay.agent.core.journal.JournalEntry;
import dev.notebay.agent.core.wire.Channel;
import dev.notebay.agent.core.wire.WireMessage;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The kernels of this session. All methods may be called from any (virtual) thread and may block;
 * each call on an unknown kernel throws {@link AgentException.KernelNotFound}.
 */
public interface Kernels {
  /**
   * Begins to start a kernel and answers at once, usually with {@link ExecutionState#STARTING};
   * messages sent before it is up are delivered when it is.
   *
   * @param wanted the id to give it, or empty for a new one
   * @param name a kernelspec's name
   * @param directory where it starts, beneath the session's content directory; empty for that
   *     directory itself
   * @throws AgentException.KernelspecNotFound for a name that is not there
   */
  KernelView start(Optional<KernelId> wanted, String name, String directory);

  /** All kernels, oldest first. */
  List<KernelView> list();

  Optional<KernelView> find(KernelId id);

  /** Interrupts what the kernel executes, as its kernelspec's interrupt mode says. */
  void interrupt(KernelId id);

  /** Ends the kernel's process and starts another under the same id, with an empty memory. */
  KernelView restart(KernelId id);

  /** Asks the kernel to end, ends it after {@code grace}, and forgets it. */
  void shutdown(KernelId id, Duration grace);

  /** Signs and sends a message; waits while the kernel is starting. */
  void send(KernelId id, Channel channel, WireMessage message);

  /** The newest entry of the kernel's journal; 0 where it is empty. */
  long lastSequence(KernelId id);

  /** Up to {@code limit} entries after {@code sequence}, oldest first. */
  List<JournalEntry> read(KernelId id, long sequence, int limit);

  /**
   * Gives every entry after {@code sequence} to {@code listener}, first those in the journal, then
   * each new one as soon as it is durable: in order, without gap or repetition, one at a time. A
   * listener that blocks delays only itself.
   */
  Subscription subscribe(KernelId id, long sequence, Consumer<JournalEntry> listener);

  /**
   * Calls {@code listener} after any kernel has appeared, changed its state, or gone. Must not
   * block.
   */
  void onChange(Runnable listener);

  /** Ends a delivery. */
  interface Subscription extends AutoCloseable {
    @Override
    void close();
  }
}
