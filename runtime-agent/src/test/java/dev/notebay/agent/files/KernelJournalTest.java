package dev.notebay.agent.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.agent.core.journal.JournalEntry;
import dev.notebay.agent.core.journal.JournalRecord;
import dev.notebay.agent.core.journal.JournalRecord.Kind;
import dev.notebay.agent.core.wire.Channel;
import dev.notebay.agent.core.wire.WireMessage;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelJournalTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00.123456Z");
  @TempDir Path directory;

  private static JournalRecord record(Kind kind, int generation, long offset, String text) {
    byte[] none = "{}".getBytes(UTF_8);
    return new JournalRecord(
        kind,
        Channel.IOPUB,
        false,
        generation,
        0,
        NOW,
        offset,
        new WireMessage(none, none, none, text.getBytes(UTF_8), List.of(new byte[] {1, 2})));
  }

  private KernelJournal open() throws IOException {
    return new KernelJournal(directory.resolve("j"), 4096, Long.MAX_VALUE, record -> {});
  }

  private static List<JournalEntry> readAll(KernelJournal journal, int limit) {
    List<JournalEntry> all = new ArrayList<>();
    while (true) {
      List<JournalEntry> some = journal.read(all.isEmpty() ? 0 : all.getLast().sequence(), limit);
      if (some.isEmpty()) {
        return all;
      }
      assertThat(some).hasSizeLessThanOrEqualTo(limit);
      all.addAll(some);
    }
  }

  @Test
  void entriesComeBackInOrderAcrossSegmentsAndAfterOpeningAgain() throws Exception {
    SplittableRandom random = new SplittableRandom(3);
    List<String> texts = new ArrayList<>();
    long offset = 0;
    KernelJournal journal = open();
    for (int round = 0; round < 300; round++) {
      List<JournalRecord> batch = new ArrayList<>();
      for (int i = random.nextInt(1, 5); i > 0; i--) {
        offset += 10;
        if (random.nextInt(3) == 0) {
          batch.add(record(Kind.SENT, 1, 0, "request"));
        }
        String text = "x".repeat(random.nextInt(0, 300)) + texts.size();
        texts.add(text);
        batch.add(record(Kind.RECEIVED, 1, offset, text));
      }
      journal.append(batch);
      if (random.nextInt(20) == 0) {
        journal.close();
        journal = open();
      }
      assertThat(journal.lastSequence()).isEqualTo(texts.size());
      assertThat(journal.position(Channel.IOPUB, 1).orElseThrow().offset()).isEqualTo(offset);
    }
    try (var files = Files.list(directory.resolve("j"))) {
      assertThat(files.count()).isGreaterThan(5);
    }
    for (int limit : List.of(1, 7, 10_000)) {
      List<JournalEntry> all = readAll(journal, limit);
      assertThat(all)
          .extracting(entry -> new String(entry.message().content(), UTF_8))
          .containsExactlyElementsOf(texts);
      assertThat(all)
          .extracting(JournalEntry::sequence)
          .containsExactlyElementsOf(LongStream.rangeClosed(1, texts.size()).boxed().toList());
      assertThat(all.getFirst().time()).isEqualTo(NOW);
    }
    journal.close();
  }

  @Test
  void aTornTailIsCutAndAllBeforeItKept() throws Exception {
    try (KernelJournal journal = open()) {
      for (int i = 1; i <= 5; i++) {
        journal.append(List.of(record(Kind.RECEIVED, 1, i * 10L, "m" + i)));
      }
    }
    Path file = directory.resolve("j/%020d.log".formatted(1));
    byte[] whole = Files.readAllBytes(file);
    for (int length = whole.length - 1; length > whole.length * 4 / 5; length--) {
      Files.write(file, java.util.Arrays.copyOf(whole, length));
      try (KernelJournal journal = open()) {
        assertThat(journal.lastSequence()).isEqualTo(4);
        assertThat(journal.position(Channel.IOPUB, 1).orElseThrow().offset()).isEqualTo(40);
        journal.append(List.of(record(Kind.RECEIVED, 1, 50, "again")));
        assertThat(readAll(journal, 100)).hasSize(5);
      }
    }
  }

  @Test
  void aDamagedRecordEndsTheJournalThere() throws Exception {
    try (KernelJournal journal = open()) {
      for (int i = 1; i <= 5; i++) {
        journal.append(List.of(record(Kind.RECEIVED, 1, i * 10L, "m" + i)));
      }
    }
    Path file = directory.resolve("j/%020d.log".formatted(1));
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(java.nio.ByteBuffer.wrap(new byte[] {99}), channel.size() / 5 * 2 + 30);
    }
    try (KernelJournal journal = open()) {
      assertThat(journal.lastSequence()).isEqualTo(2);
    }
  }

  @Test
  void knowsWhichGenerationsEndWasTold() throws Exception {
    try (KernelJournal journal = open()) {
      journal.append(List.of(record(Kind.RECEIVED, 1, 10, "a")));
      assertThat(journal.endedGeneration()).isZero();
      JournalRecord end = record(Kind.MADE, 1, 0, "dead");
      journal.append(
          List.of(new JournalRecord(end.kind(), end.channel(), true, 1, 0, NOW, 0, end.message())));
    }
    try (KernelJournal journal = open()) {
      assertThat(journal.endedGeneration()).isEqualTo(1);
      assertThat(journal.position(Channel.IOPUB, 1).orElseThrow().offset()).isEqualTo(10);
      assertThat(journal.position(Channel.IOPUB, 2)).isEmpty();
    }
  }

  @Test
  void whatIsCarriedIsFoundInTheNewestSegment() throws Exception {
    List<Kind> found = new ArrayList<>();
    try (KernelJournal journal = open()) {
      journal.carry(() -> List.of(record(Kind.SENT, 1, 0, "open")));
      for (int i = 1; i <= 100; i++) {
        journal.append(List.of(record(Kind.RECEIVED, 1, i, "x".repeat(100))));
      }
    }
    try (KernelJournal journal =
        new KernelJournal(
            directory.resolve("j"), 4096, Long.MAX_VALUE, record -> found.add(record.kind()))) {
      assertThat(found).contains(Kind.SENT);
      assertThat(journal.lastSequence()).isEqualTo(100);
    }
  }

  @Test
  void theOldestSegmentsGoAndAnEntrySaysSo() throws Exception {
    Path place = directory.resolve("j");
    try (KernelJournal journal = new KernelJournal(place, 4096, 16384, record -> {})) {
      journal.noticeDrops(oldest -> record(Kind.MADE, 1, 0, "dropped before " + oldest));
      for (int i = 1; i <= 300; i++) {
        journal.append(List.of(record(Kind.RECEIVED, 1, i, "x".repeat(200))));
      }
      long size = 0;
      try (var files = Files.list(place)) {
        for (Path file : files.toList()) {
          size += Files.size(file);
        }
      }
      assertThat(size).isBetween(8192L, 16384L + 2 * 4096);
      List<JournalEntry> left = readAll(journal, 7);
      long oldest = left.getFirst().sequence();
      assertThat(oldest).isGreaterThan(100);
      assertThat(left)
          .extracting(JournalEntry::sequence)
          .containsExactlyElementsOf(
              LongStream.rangeClosed(oldest, journal.lastSequence()).boxed().toList());
      assertThat(left)
          .extracting(entry -> new String(entry.message().content(), UTF_8))
          .contains("dropped before " + NOW);
      assertThat(journal.read(oldest / 2, 1).getFirst().sequence()).isEqualTo(oldest);
    }
    try (KernelJournal journal = new KernelJournal(place, 4096, 16384, record -> {})) {
      assertThat(journal.position(Channel.IOPUB, 1).orElseThrow().offset()).isEqualTo(300);
      journal.append(List.of(record(Kind.RECEIVED, 1, 301, "y")));
      assertThat(readAll(journal, 1000).getLast().message().content())
          .isEqualTo("y".getBytes(UTF_8));
    }
  }

  @Test
  void readersPassOverWhatIsDamaged() throws Exception {
    try (KernelJournal journal = open()) {
      for (int i = 1; i <= 100; i++) {
        journal.append(List.of(record(Kind.RECEIVED, 1, i, "x".repeat(100))));
      }
      Path file = directory.resolve("j/%020d.log".formatted(1));
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.write(java.nio.ByteBuffer.wrap(new byte[] {99}), 1000);
      }
      List<JournalEntry> left = readAll(journal, 1000);
      assertThat(left.getFirst().sequence()).isEqualTo(1);
      assertThat(left.getLast().sequence()).isEqualTo(100);
      assertThat(left).hasSizeBetween(50, 99);
    }
  }

  @Test
  void aNewSegmentThatCannotBeWrittenChangesNothing() throws Exception {
    try (KernelJournal journal = open()) {
      journal.append(List.of(record(Kind.RECEIVED, 1, 10, "x".repeat(5000))));
      Path blocked = directory.resolve("j/next.new");
      Files.createDirectories(blocked.resolve("full"));
      assertThatThrownBy(() -> journal.append(List.of(record(Kind.RECEIVED, 1, 20, "b"))))
          .isInstanceOf(IOException.class);
      assertThat(journal.lastSequence()).isEqualTo(1);
      Files.delete(blocked.resolve("full"));
      journal.append(List.of(record(Kind.RECEIVED, 1, 20, "b")));
      assertThat(readAll(journal, 10)).hasSize(2);
    }
    try (KernelJournal journal = open()) {
      assertThat(journal.lastSequence()).isEqualTo(2);
    }
  }

  @Test
  void aNewestSegmentWithoutItsStateIsPassedOver() throws Exception {
    try (KernelJournal journal = open()) {
      journal.append(List.of(record(Kind.RECEIVED, 1, 10, "a"), record(Kind.RECEIVED, 1, 20, "b")));
    }
    Files.write(directory.resolve("j/%020d.log".formatted(3)), new byte[] {0, 0, 0, 9, 1});
    Files.write(directory.resolve("j/next.new"), new byte[] {1, 2, 3});
    try (KernelJournal journal = open()) {
      assertThat(journal.position(Channel.IOPUB, 1).orElseThrow().offset()).isEqualTo(20);
      journal.append(List.of(record(Kind.RECEIVED, 1, 30, "x".repeat(5000))));
      journal.append(List.of(record(Kind.RECEIVED, 1, 40, "d")));
      assertThat(readAll(journal, 10)).hasSize(4);
    }
  }

  @Test
  void readersWakeUpForNewEntriesAndForTheEnd() throws Exception {
    KernelJournal journal = open();
    List<Boolean> woken = new ArrayList<>();
    Thread reader =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    woken.add(journal.await(0));
                    woken.add(journal.await(1));
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
    journal.append(List.of(record(Kind.RECEIVED, 1, 10, "a")));
    journal.close();
    reader.join();
    assertThat(woken).endsWith(false);
  }
}
