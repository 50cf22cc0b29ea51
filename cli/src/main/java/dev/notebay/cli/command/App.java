package dev.notebay.cli.command;

import dev.notebay.cli.config.Settings;
import dev.notebay.cli.config.SystemClock;
import dev.notebay.cli.grpc.Services;
import dev.notebay.cli.grpc.Sessions;
import dev.notebay.cli.identity.Tokens;
import dev.notebay.cli.services.Installation;
import dev.notebay.cli.terminal.Terminal;

/** What every command works with. */
final class App implements AutoCloseable {
  private Settings settings;
  private final Terminal terminal;
  private final Tokens tokens;
  private final Services services;

  App(Settings settings, Terminal terminal) {
    this.settings = settings;
    this.terminal = terminal;
    this.tokens = new Tokens(settings, SystemClock.instants());
    this.services = new Services(settings, tokens);
  }

  Settings settings() {
    return settings;
  }

  /** Changes a setting for this command. */
  void set(String variable, String value) {
    settings = settings.with(variable, value);
  }

  Terminal terminal() {
    return terminal;
  }

  Tokens tokens() {
    return tokens;
  }

  Services services() {
    return services;
  }

  Sessions sessions() {
    return new Sessions(services);
  }

  Installation installation() {
    return new Installation(settings, terminal);
  }

  /** Sees to it that there are services to talk to. */
  void ensureUp() {
    if (!settings.remote() && installation().up()) {
      terminal.note("notebay: services started");
    }
  }

  @Override
  public void close() {
    services.close();
  }
}
