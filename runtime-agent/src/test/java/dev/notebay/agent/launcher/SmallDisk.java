package dev.notebay.agent.launcher;

import dev.notebay.agent.core.journal.Journal;
import dev.notebay.agent.core.journal.JournalRecord;
import dev.notebay.agent.core.kernel.KernelId;
import dev.notebay.agent.core.kernel.KernelStore;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** A store on a disk that can be full. */
final class SmallDisk implements KernelStore {
  final KernelStore real;
  final AtomicInteger refusals = new AtomicInteger();
  volatile boolean full;
  volatile boolean room = true;

  SmallDisk(KernelStore real) {
    this.real = real;
  }

  @Override
  public void save(Saved kernel) throws IOException {
    if (full) {
      refusals.incrementAndGet();
      throw new IOException("No space left on device");
    }
    real.save(kernel);
  }

  @Override
  public List<Saved> load() throws IOException {
    return real.load();
  }

  @Override
  public void delete(KernelId id) throws IOException {
    real.delete(id);
  }

  @Override
  public Journal journal(KernelId id, Consumer<JournalRecord> recovered) throws IOException {
    return real.journal(id, recovered);
  }

  @Override
  public boolean hasRoom() {
    return room;
  }
}
