package dev.notebay.agent.launcher;

import dev.notebay.agent.core.journal.JournalEntry;
import dev.notebay.agent.core.kernel.KernelCounters;
import dev.notebay.agent.core.kernel.KernelId;
import dev.notebay.agent.core.kernel.KernelView;
import dev.notebay.agent.core.kernel.Kernels;
import dev.notebay.agent.core.kernel.Kernelspec;
import dev.notebay.agent.core.wire.Channel;
import dev.notebay.agent.core.wire.WireMessage;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The session's kernels, run by the launcher that connects to {@link LauncherSettings#socket()}.
 * Listens as soon as it is made; kernels that an earlier agent of this session left are adopted
 * before the constructor returns, and go on where they were.
 */
public final class LauncherKernels implements Kernels, AutoCloseable {
  private final LauncherSettings settings;

  /**
   * @param unassign called once a notebook asks to end the session; must not block
   */
  public LauncherKernels(LauncherSettings settings, InstantSource clock, Runnable unassign) {
    this.settings = settings;
  }

  /** What can be started, by name. */
  public Map<String, Kernelspec> kernelspecs() {
    return Map.of(settings.kernelName(), Kernelspec.python(settings.kernelName()));
  }

  /** Whether the launcher is connected now. */
  public boolean connected() {
    throw new UnsupportedOperationException();
  }

  public KernelCounters counters() {
    throw new UnsupportedOperationException();
  }

  @Override
  public KernelView start(Optional<KernelId> wanted, String name, String directory) {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<KernelView> list() {
    throw new UnsupportedOperationException();
  }

  @Override
  public Optional<KernelView> find(KernelId id) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void interrupt(KernelId id) {
    throw new UnsupportedOperationException();
  }

  @Override
  public KernelView restart(KernelId id) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void shutdown(KernelId id, Duration grace) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void send(KernelId id, Channel channel, WireMessage message) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long lastSequence(KernelId id) {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<JournalEntry> read(KernelId id, long sequence, int limit) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Subscription subscribe(KernelId id, long sequence, Consumer<JournalEntry> listener) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void onChange(Runnable listener) {
    throw new UnsupportedOperationException();
  }

  /** Stops listening; kernels go on, and the next agent adopts them. */
  @Override
  public void close() {}
}
