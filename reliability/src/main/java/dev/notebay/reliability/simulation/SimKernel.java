package dev.notebay.reliability.simulation;

import dev.notebay.agent.core.journal.JournalEntry;
import dev.notebay.agent.core.kernel.ExecutionState;
import dev.notebay.agent.core.kernel.KernelId;
import dev.notebay.agent.core.kernel.KernelView;
import dev.notebay.agent.core.kernel.Kernels;
import dev.notebay.agent.core.wire.Channel;
import dev.notebay.agent.core.wire.WireMessage;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

/** The one kernel of a simulated runtime, as its agent sees it. Only looked at. */
final class SimKernel implements Kernels {
  private static final KernelId ID = new KernelId(new UUID(0, 1));

  private final SimAgent agent;
  private final World world;

  SimKernel(SimAgent agent, World world) {
    this.agent = agent;
    this.world = world;
  }

  @Override
  public List<KernelView> list() {
    if (!agent.hasKernel()) {
      return List.of();
    }
    long age = world.now() - agent.kernelSince();
    Instant change = World.BEGINNING.plusNanos(agent.kernelSince() + agent.usage().lastChange(age));
    return List.of(
        new KernelView(
            ID,
            "python3",
            agent.usage().isBusy(age) ? ExecutionState.BUSY : ExecutionState.IDLE,
            change,
            false,
            change,
            Optional.empty()));
  }

  @Override
  public KernelView start(Optional<KernelId> wanted, String name, String directory) {
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
}
