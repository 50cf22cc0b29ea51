package dev.notebay.agent.core.kernel;

import dev.notebay.agent.core.journal.Journal;
import dev.notebay.agent.core.journal.JournalRecord;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** What the agent knows again about its kernels after a restart. */
public interface KernelStore {
  /**
   * A kernel; its key is not in it: the launcher tells that.
   *
   * @param directory where it starts, beneath the content directory
   * @param generation of its process
   * @param restarts how often in a row it was started because it had ended by itself
   * @param death why there is no process any more
   */
  record Saved(
      KernelId id,
      String name,
      String directory,
      Instant created,
      int generation,
      int restarts,
      Optional<String> death) {}

  /** Replaces what was saved of this kernel, all of it or nothing, and durably. */
  void save(Saved kernel) throws IOException;

  /** All that were saved, oldest first. */
  List<Saved> load() throws IOException;

  /** Forgets the kernel, and removes its journal, which must be closed. */
  void delete(KernelId id) throws IOException;

  /**
   * Opens the kernel's journal, which must not be open; makes it where there is none.
   *
   * @param recovered gets the records in the newest part of the journal, oldest first
   */
  Journal journal(KernelId id, Consumer<JournalRecord> recovered) throws IOException;

  /** Whether there is more room than what is kept free for the agent's own needs. */
  boolean hasRoom();
}
