package dev.notebay.agent.launcher;

import dev.notebay.agent.core.kernel.KernelCounters;
import java.util.OptionalLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/** What has happened so far. */
final class Counters {
  final LongAdder started = new LongAdder();
  final LongAdder died = new LongAdder();
  final LongAdder received = new LongAdder();
  final LongAdder refused = new LongAdder();
  final LongAdder journalBytes = new LongAdder();
  private final Supplier<OptionalLong> outOfMemoryKills;

  Counters(Supplier<OptionalLong> outOfMemoryKills) {
    this.outOfMemoryKills = outOfMemoryKills;
  }

  OptionalLong outOfMemoryKills() {
    return outOfMemoryKills.get();
  }

  KernelCounters now() {
    return new KernelCounters(
        started.sum(), died.sum(), received.sum(), refused.sum(), journalBytes.sum());
  }
}
