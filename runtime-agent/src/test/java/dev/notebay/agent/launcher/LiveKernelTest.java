package dev.notebay.agent.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.agent.core.journal.Journal;
import dev.notebay.agent.core.journal.JournalRecord;
import dev.notebay.agent.core.kernel.KernelId;
import dev.notebay.agent.core.kernel.KernelLife;
import dev.notebay.agent.core.kernel.KernelStore;
import dev.notebay.agent.files.AgentFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class LiveKernelTest {
  @TempDir Path directory;

  /** A store on a disk that is full for a while. */
  private static final class FullStore implements KernelStore {
    final KernelStore real;
    final AtomicInteger refusals = new AtomicInteger();
    volatile boolean full = true;

    FullStore(KernelStore real) {
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
  }

  @Test
  @Timeout(60)
  void isNothingThatIsNotSaved() throws Exception {
    FullStore store = new FullStore(new AgentFiles(directory));
    KernelStore.Saved saved =
        new KernelStore.Saved(
            new KernelId(UUID.randomUUID()), "python3", "", Instant.EPOCH, 1, 0, Optional.empty());
    LiveKernel kernel =
        new LiveKernel(
            saved, store, InstantSource.system(), new Counters(OptionalLong::empty), () -> {});
    Thread died =
        Thread.ofVirtual().start(() -> kernel.event(new KernelLife.Event.NotStarted("no python")));
    Session.eventually("refused", () -> store.refusals.get() > 0);
    assertThat(kernel.life()).isInstanceOf(KernelLife.Starting.class);
    assertThat(store.load()).isEmpty();
    store.full = false;
    died.join();
    assertThat(kernel.life()).isInstanceOf(KernelLife.Dead.class);
    assertThat(store.load()).singleElement().matches(one -> one.death().isPresent());
    kernel.close();
  }
}
