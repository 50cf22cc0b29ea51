package dev.notebay.agent.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.agent.core.kernel.KernelId;
import dev.notebay.agent.core.kernel.KernelLife;
import dev.notebay.agent.core.kernel.KernelStore;
import dev.notebay.agent.files.AgentFiles;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class LiveKernelTest {
  @TempDir Path directory;

  @Test
  @Timeout(60)
  void isNothingThatIsNotSaved() throws Exception {
    SmallDisk store = new SmallDisk(new AgentFiles(directory, 1L << 30));
    store.full = true;
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
