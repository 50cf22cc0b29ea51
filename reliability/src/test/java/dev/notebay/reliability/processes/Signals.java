package dev.notebay.reliability.processes;

import java.io.IOException;

/** Signals that Java does not know. */
final class Signals {
  private Signals() {}

  static void send(String name, long pid) throws IOException, InterruptedException {
    int status = new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor();
    if (status != 0) {
      throw new IOException("kill -" + name + " " + pid + ": status " + status);
    }
  }
}
