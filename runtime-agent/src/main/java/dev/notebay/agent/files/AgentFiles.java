package dev.notebay.agent.files;

import dev.notebay.agent.core.journal.Journal;
import dev.notebay.agent.core.journal.JournalRecord;
import dev.notebay.agent.core.kernel.KernelId;
import dev.notebay.agent.core.kernel.KernelStore;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** {@code kernels/<id>.properties} and {@code journal/<id>/} in the agent's own directory. */
public final class AgentFiles implements KernelStore {
  private static final String SUFFIX = ".properties";

  private static final long RESERVE = 256L * 1024 * 1024;

  private final Path kernels;
  private final Path journals;
  private final long journalLimitBytes;

  /**
   * @param journalLimitBytes about how large one kernel's journal may become
   */
  public AgentFiles(Path directory, long journalLimitBytes) throws IOException {
    this.journalLimitBytes = journalLimitBytes;
    kernels = directory.resolve("kernels");
    journals = directory.resolve("journal");
    for (Path one : List.of(kernels, journals)) {
      Files.createDirectories(
          one, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
  }

  @Override
  public void save(Saved kernel) throws IOException {
    Properties properties = new Properties();
    properties.setProperty("name", kernel.name());
    properties.setProperty("directory", kernel.directory());
    properties.setProperty("created", kernel.created().toString());
    properties.setProperty("generation", Integer.toString(kernel.generation()));
    properties.setProperty("restarts", Integer.toString(kernel.restarts()));
    kernel.death().ifPresent(reason -> properties.setProperty("death", reason));
    StringWriter text = new StringWriter();
    properties.store(text, null);
    Path temporary = kernels.resolve(kernel.id() + ".new");
    try (FileChannel file =
        FileChannel.open(
            temporary,
            Set.of(
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      ByteBuffer bytes = ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        file.write(bytes);
      }
      file.force(true);
    }
    Files.move(temporary, kernels.resolve(kernel.id() + SUFFIX), StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public List<Saved> load() throws IOException {
    List<Path> files;
    try (Stream<Path> list = Files.list(kernels)) {
      files = list.filter(path -> path.toString().endsWith(SUFFIX)).toList();
    }
    List<Saved> saved = new ArrayList<>();
    for (Path file : files) {
      Properties properties = new Properties();
      properties.load(new StringReader(Files.readString(file)));
      String name = file.getFileName().toString();
      saved.add(
          new Saved(
              new KernelId(UUID.fromString(name.substring(0, name.length() - SUFFIX.length()))),
              properties.getProperty("name"),
              properties.getProperty("directory"),
              Instant.parse(properties.getProperty("created")),
              Integer.parseInt(properties.getProperty("generation")),
              Integer.parseInt(properties.getProperty("restarts")),
              Optional.ofNullable(properties.getProperty("death"))));
    }
    saved.sort(Comparator.comparing(Saved::created));
    return saved;
  }

  @Override
  public void delete(KernelId id) throws IOException {
    Files.deleteIfExists(kernels.resolve(id + SUFFIX));
    Path journal = journals.resolve(id.toString());
    if (Files.exists(journal)) {
      List<Path> files;
      try (Stream<Path> list = Files.list(journal)) {
        files = list.toList();
      }
      for (Path file : files) {
        Files.delete(file);
      }
      Files.delete(journal);
    }
  }

  @Override
  public Journal journal(KernelId id, Consumer<JournalRecord> recovered) throws IOException {
    return KernelJournal.open(journals.resolve(id.toString()), journalLimitBytes, recovered);
  }

  @Override
  public boolean hasRoom() {
    return journals.toFile().getUsableSpace() >= RESERVE;
  }
}
