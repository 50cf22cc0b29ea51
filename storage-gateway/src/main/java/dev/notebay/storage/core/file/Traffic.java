package dev.notebay.storage.core.file;

import java.util.concurrent.atomic.LongAdder;

/** How many bytes of files went through this service since it started. */
public final class Traffic {
  private final LongAdder read = new LongAdder();
  private final LongAdder written = new LongAdder();

  void read(long bytes) {
    read.add(bytes);
  }

  void written(long bytes) {
    written.add(bytes);
  }

  public long bytesRead() {
    return read.sum();
  }

  public long bytesWritten() {
    return written.sum();
  }
}
