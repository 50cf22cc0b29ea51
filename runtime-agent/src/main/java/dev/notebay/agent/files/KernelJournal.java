package dev.notebay.agent.files;

import dev.notebay.agent.core.journal.Journal;
import dev.notebay.agent.core.journal.JournalEntry;
import dev.notebay.agent.core.journal.JournalRecord;
import dev.notebay.agent.core.wire.Channel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * One kernel's journal: segments of at most about {@link #SEGMENT} bytes, named after the sequence
 * of their first entry.
 *
 * <ol>
 *   <li>{@link #append} gives a batch to the operating system before it returns, and only then do
 *       readers see it: what a client has seen outlives the agent's death.
 *   <li>{@link #force} makes it outlive the machine's; the kernel launcher may forget only what was
 *       forced.
 *   <li>On opening, the first record of the newest segment that is not whole ends it: the file is
 *       cut there.
 *   <li>Every segment begins with the state that the ones before it would give (how far each stream
 *       is dealt with, which requests are open), so only the newest is read on opening. It gets its
 *       name once that state is forced; one without any of it is removed on opening.
 * </ol>
 *
 * Sequences are without gap. Past a limit the oldest segments go, and an entry says so. Not more
 * than one journal may be open on a directory.
 */
final class KernelJournal implements Journal {
  static final long SEGMENT = 64L * 1024 * 1024;
  private static final long READ_MAX = 4L * 1024 * 1024;
  private static final int INDEX_EVERY = 64 * 1024;
  private static final int PIECE = 256 * 1024;
  private static final String SUFFIX = ".log";
  private static final String UNFINISHED = ".new";

  private final Path directory;
  private final long segmentBytes;
  private final long limitBytes;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition grown = lock.newCondition();
  private final TreeMap<Long, Segment> segments = new TreeMap<>();
  private final Map<Channel, JournalRecord> streams = new EnumMap<>(Channel.class);
  private Segment current;
  private long sequence;
  private int endedGeneration;
  private Optional<Instant> lastEntry = Optional.empty();
  private Supplier<List<JournalRecord>> carried = List::of;
  private Optional<Function<Instant, JournalRecord>> notice = Optional.empty();
  private Optional<Instant> untoldDrop = Optional.empty();
  private boolean unforced;
  private boolean closed;

  private static final class Segment implements AutoCloseable {
    final long first;
    final FileChannel file;
    final TreeMap<Long, Long> index = new TreeMap<>();
    long length;
    long indexed;

    Segment(long first, FileChannel file) {
      this.first = first;
      this.file = file;
      this.index.put(first, 0L);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }

  /**
   * @param limitBytes about how large it may become before the oldest segments go
   * @param recovered gets every whole record of the newest segment, oldest first
   */
  static KernelJournal open(Path directory, long limitBytes, Consumer<JournalRecord> recovered)
      throws IOException {
    return new KernelJournal(directory, Math.min(SEGMENT, limitBytes / 4), limitBytes, recovered);
  }

  KernelJournal(
      Path directory, long segmentBytes, long limitBytes, Consumer<JournalRecord> recovered)
      throws IOException {
    this.directory = directory;
    this.segmentBytes = segmentBytes;
    this.limitBytes = limitBytes;
    Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    List<Path> files;
    try (Stream<Path> list = Files.list(directory)) {
      files = list.filter(path -> path.toString().endsWith(SUFFIX)).sorted().toList();
    }
    for (Path file : files) {
      String name = file.getFileName().toString();
      long first = Long.parseLong(name.substring(0, name.length() - SUFFIX.length()));
      Segment segment = openSegment(file, first);
      segment.length = segment.file.size();
      segments.put(first, segment);
    }
    while (segments.size() > 1 && scan(segments.lastEntry().getValue(), 0, _ -> false) == 0) {
      Segment damaged = segments.pollLastEntry().getValue(); // without its state, it has no entries
      damaged.close();
      Files.delete(path(damaged.first));
    }
    if (segments.isEmpty()) {
      current = openSegment(path(1), 1);
      segments.put(1L, current);
    } else {
      current = segments.lastEntry().getValue();
      sequence = current.first - 1;
      long whole =
          scan(
              current,
              0,
              record -> {
                learn(record);
                recovered.accept(record);
                return true;
              });
      current.file.truncate(whole);
      current.length = whole;
    }
  }

  @Override
  public void carry(Supplier<List<JournalRecord>> carried) {
    locked(() -> this.carried = carried);
  }

  @Override
  public void noticeDrops(Function<Instant, JournalRecord> notice) {
    locked(() -> this.notice = Optional.of(notice));
  }

  @Override
  public long lastSequence() {
    return locked(() -> sequence);
  }

  @Override
  public Optional<Instant> lastEntryTime() {
    return locked(() -> lastEntry);
  }

  @Override
  public int endedGeneration() {
    return locked(() -> endedGeneration);
  }

  @Override
  public Optional<JournalRecord> position(Channel channel, int generation) {
    return locked(
        () ->
            Optional.ofNullable(streams.get(channel))
                .filter(record -> record.generation() == generation));
  }

  @Override
  public long append(List<JournalRecord> records) throws IOException {
    lock.lock();
    try {
      if (closed) {
        throw new IOException("the journal is closed");
      }
      if (current.length >= segmentBytes && current.first <= sequence) {
        roll();
        dropOldest();
      }
      List<JournalRecord> batch = new ArrayList<>(records.size() + 1);
      untoldDrop.flatMap(time -> notice.map(made -> made.apply(time))).ifPresent(batch::add);
      batch.addAll(records);
      long next = sequence;
      int size = 0;
      List<JournalRecord> numbered = new ArrayList<>(batch.size());
      for (JournalRecord record : batch) {
        next += record.kind().isEntry() ? 1 : 0;
        JournalRecord one = record.withSequence(next);
        numbered.add(one);
        size = Math.addExact(size, one.encodedLength());
      }
      ByteBuffer buffer = ByteBuffer.allocate(size);
      numbered.forEach(record -> record.encode(buffer));
      write(current, buffer.flip());
      long position = current.length;
      for (JournalRecord record : numbered) {
        index(current, record, position);
        position += record.encodedLength();
        learn(record);
      }
      current.length = position;
      untoldDrop = Optional.empty();
      unforced = true;
      grown.signalAll();
      return size;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean await(long after) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (sequence <= after && !closed) {
        grown.await(10, TimeUnit.SECONDS);
      }
      return !closed;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public List<JournalEntry> read(long after, int limit) {
    List<JournalEntry> entries = new ArrayList<>();
    long[] bytes = {0};
    try {
      long wanted = after;
      while (entries.size() < limit && bytes[0] < READ_MAX && wanted < lastSequence()) {
        long oldest = locked(() -> segments.firstKey());
        long from = Math.max(wanted, oldest - 1);
        wanted = from;
        Segment segment = locked(() -> segments.floorEntry(from + 1).getValue());
        long start = locked(() -> segment.index.floorEntry(from + 1).getValue());
        try {
          scan(
              segment,
              start,
              record -> {
                if (record.kind().isEntry() && record.sequence() > from) {
                  entries.add(record.entry());
                  bytes[0] += record.encodedLength();
                }
                return entries.size() < limit && bytes[0] < READ_MAX;
              });
        } catch (ClosedChannelException e) {
          if (locked(() -> segments.get(segment.first) == segment)) {
            throw e;
          }
        } // else it was dropped meanwhile
        long reached = entries.isEmpty() ? from : entries.getLast().sequence();
        wanted = reached == from ? locked(() -> passDamage(segment, from)) : reached;
      }
    } catch (IOException e) {
      throw new UncheckedIOException("journal " + directory, e);
    }
    return entries;
  }

  /** The end of what cannot be read after {@code after}. */
  private long passDamage(Segment segment, long after) {
    Long readable = segment.index.higherKey(after + 1);
    if (readable == null) {
      readable = segments.higherKey(segment.first);
    }
    return readable == null ? sequence : readable - 1;
  }

  @Override
  public void force() throws IOException {
    FileChannel file;
    lock.lock();
    try {
      if (!unforced || closed) {
        return;
      }
      unforced = false;
      file = current.file;
    } finally {
      lock.unlock();
    }
    file.force(false);
  }

  @Override
  public void close() throws IOException {
    lock.lock();
    try {
      if (!closed) {
        closed = true;
        current.file.force(false);
        for (Segment segment : segments.values()) {
          segment.close();
        }
        grown.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** The new segment is there with all of its state, or not at all. */
  private void roll() throws IOException {
    current.file.force(false);
    List<JournalRecord> state = new ArrayList<>(streams.values());
    if (endedGeneration > 0) {
      state.add(JournalRecord.ended(endedGeneration, lastEntry.orElse(Instant.EPOCH)));
    }
    state.addAll(carried.get());
    ByteBuffer buffer =
        ByteBuffer.allocate(state.stream().mapToInt(JournalRecord::encodedLength).sum());
    for (JournalRecord record : state) {
      record.withSequence(sequence).encode(buffer);
    }
    long first = sequence + 1;
    Path temporary = directory.resolve("next" + UNFINISHED);
    Files.deleteIfExists(temporary);
    Segment segment = openSegment(temporary, first);
    try {
      write(segment, buffer.flip());
      segment.length = buffer.limit();
      segment.file.force(false);
      Files.move(temporary, path(first), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      segment.close();
      throw e;
    }
    segments.put(first, segment);
    current = segment;
    try (FileChannel names = FileChannel.open(directory, StandardOpenOption.READ)) {
      names.force(true);
    }
  }

  private void dropOldest() throws IOException {
    long size = segments.values().stream().mapToLong(segment -> segment.length).sum();
    boolean dropped = false;
    while (size > limitBytes && segments.size() > 1) {
      Segment oldest = segments.firstEntry().getValue();
      Files.deleteIfExists(path(oldest.first));
      segments.remove(oldest.first);
      oldest.close();
      size -= oldest.length;
      dropped = true;
    }
    if (dropped) {
      scan(
          segments.firstEntry().getValue(),
          0,
          record -> {
            untoldDrop = Optional.of(record.time());
            return !record.kind().isEntry();
          });
    }
  }

  private static void write(Segment segment, ByteBuffer buffer) throws IOException {
    long position = segment.length;
    int end = buffer.limit();
    try {
      while (buffer.position() < end) {
        buffer.limit(Math.min(end, buffer.position() + PIECE)); // each needs as much memory again
        position += segment.file.write(buffer, position);
      }
    } catch (IOException e) {
      segment.file.truncate(segment.length);
      throw e;
    }
  }

  private void learn(JournalRecord record) {
    sequence = Math.max(sequence, record.sequence());
    switch (record.kind()) {
      case RECEIVED, NOTICE, MARK -> streams.put(record.channel(), position(record));
      case MADE -> {
        if (record.flag()) {
          endedGeneration = Math.max(endedGeneration, record.generation());
        }
      }
      case ENDED -> endedGeneration = Math.max(endedGeneration, record.generation());
      case SENT, WITHDRAWN -> {}
    }
    if (record.kind() == JournalRecord.Kind.RECEIVED) {
      lastEntry = Optional.of(record.time());
    }
  }

  private static JournalRecord position(JournalRecord record) {
    return JournalRecord.mark(
        record.channel(),
        record.kind() != JournalRecord.Kind.RECEIVED && record.flag(),
        record.generation(),
        record.sequence(),
        record.time(),
        record.offset());
  }

  private static void index(Segment segment, JournalRecord record, long position) {
    if (record.kind().isEntry() && position - segment.indexed >= INDEX_EVERY) {
      segment.index.put(record.sequence(), position);
      segment.indexed = position;
    }
  }

  /** Gives whole records to {@code visitor} until it has enough; answers where it stopped. */
  private long scan(Segment segment, long start, Predicate<JournalRecord> visitor)
      throws IOException {
    long position = start;
    ByteBuffer buffer = ByteBuffer.allocate(INDEX_EVERY).limit(0);
    while (true) {
      if (buffer.remaining() < JournalRecord.HEAD) {
        buffer = fill(segment, position, buffer, JournalRecord.HEAD);
        if (buffer.remaining() < JournalRecord.HEAD) {
          return position;
        }
      }
      int length = buffer.getInt(buffer.position());
      int checkSum = buffer.getInt(buffer.position() + 4);
      if (length <= 0 || length > JournalRecord.LENGTH_MAX) {
        return position;
      }
      int whole = JournalRecord.HEAD + length;
      if (buffer.remaining() < whole) {
        buffer = fill(segment, position, buffer, whole);
        if (buffer.remaining() < whole) {
          return position;
        }
      }
      JournalRecord record;
      try {
        record =
            JournalRecord.decode(
                buffer.slice(buffer.position() + JournalRecord.HEAD, length), checkSum);
      } catch (IllegalArgumentException e) {
        return position;
      }
      long at = position;
      locked(
          () -> {
            if (at > segment.indexed) {
              index(segment, record, at);
            }
            return true;
          });
      position += whole;
      buffer.position(buffer.position() + whole);
      if (!visitor.test(record)) {
        return position;
      }
    }
  }

  private static ByteBuffer fill(Segment segment, long position, ByteBuffer old, int wanted)
      throws IOException {
    ByteBuffer buffer = wanted > old.capacity() ? ByteBuffer.allocate(wanted) : old.clear();
    int read = 0;
    while (buffer.position() < buffer.capacity() && read >= 0) {
      buffer.limit(Math.min(buffer.capacity(), buffer.position() + PIECE));
      read = segment.file.read(buffer, position + buffer.position());
    }
    return buffer.flip();
  }

  private Path path(long first) {
    return directory.resolve("%020d%s".formatted(first, SUFFIX));
  }

  private static Segment openSegment(Path file, long first) throws IOException {
    return new Segment(
        first,
        FileChannel.open(
            file,
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))));
  }

  private <T> T locked(Supplier<T> action) {
    lock.lock();
    try {
      return action.get();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public String toString() {
    return "KernelJournal" + Arrays.asList(directory, lastSequence());
  }
}
