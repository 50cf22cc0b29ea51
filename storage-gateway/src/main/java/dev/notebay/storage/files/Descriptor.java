package dev.notebay.storage.files;

/** An open file descriptor. */
record Descriptor(int number) implements AutoCloseable {
  @Override
  public void close() {
    Linux.close(number);
  }
}
