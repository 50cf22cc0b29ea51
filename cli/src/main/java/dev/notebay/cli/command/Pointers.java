package dev.notebay.cli.command;

import dev.notebay.cli.config.Settings;

/** Tells where things are and how to go on. */
final class Pointers {
  private Pointers() {}

  static void show(App app) {
    Settings settings = app.settings();
    app.terminal()
        .note(
            "  scheduler  grpc "
                + settings.endpoint(Settings.SCHEDULER_GRPC)
                + "  http://"
                + settings.endpoint(Settings.SCHEDULER_HTTP)
                + "/metrics");
    app.terminal()
        .note(
            "  storage    grpc "
                + settings.endpoint(Settings.STORAGE_GRPC)
                + "  http://"
                + settings.endpoint(Settings.STORAGE_HTTP)
                + "/metrics");
    app.terminal()
        .note("  sessions: ./notebay session list   logs: ./notebay logs   stop: ./notebay down");
  }
}
