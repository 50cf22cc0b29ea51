package dev.notebay.agent.core.journal;

import dev.notebay.agent.core.wire.Channel;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * All that one kernel said, durably, in sequences without gap; the oldest entries go when there are
 * too many. What {@link #append} has returned for outlives this process; what was there when {@link
 * #force} returned outlives the machine. Safe for use by several threads.
 */
public interface Journal extends AutoCloseable {
  /**
   * Appends in order; entries get the next sequences. Readers see them when this returns.
   *
   * @return the bytes written
   */
  long append(List<JournalRecord> records) throws IOException;

  void force() throws IOException;

  /** What must be found again however old its records are; asked while a batch is appended. */
  void carry(Supplier<List<JournalRecord>> carried);

  /**
   * What is appended where the oldest entries had to go to keep the journal small; it is told the
   * time of the oldest that is left, and is asked while a batch is appended.
   */
  void noticeDrops(Function<Instant, JournalRecord> notice);

  /** The newest entry's sequence; 0 if there is none. */
  long lastSequence();

  /** When the kernel last said something, if the newest part of the journal knows. */
  Optional<Instant> lastEntryTime();

  /** The newest generation whose end is told in the journal; 0 if none. */
  int endedGeneration();

  /** How far this channel's stream of this generation is dealt with. */
  Optional<JournalRecord> position(Channel channel, int generation);

  /** Waits until there is an entry after {@code after}; false once the journal is closed. */
  boolean await(long after) throws InterruptedException;

  /**
   * Up to {@code limit} entries after {@code after}, oldest first; at least one if there is one.
   * Those that were dropped are passed over.
   */
  List<JournalEntry> read(long after, int limit);

  @Override
  void close() throws IOException;
}
