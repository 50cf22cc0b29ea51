package dev.notebay.agent.config;

import java.io.IOException;

/** Shows the Java machine what an agent does. */
final class Training {
  private Training() {}

  static void run() throws IOException {
    throw new IOException("not trained");
  }
}
