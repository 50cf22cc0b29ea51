package dev.notebay.cli.config;

import dev.notebay.cli.terminal.CliFailure;
import java.net.InetSocketAddress;

/** Where a service listens. */
public record Endpoint(String host, int port) {
  public Endpoint {
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("port: " + port + " (expected: 1 to 65535)");
    }
  }

  /**
   * Reads {@code host:port}.
   *
   * @param variable the environment variable it comes from, for the message
   */
  public static Endpoint parse(String variable, String text) {
    int colon = text.lastIndexOf(':');
    try {
      if (colon > 0 && !text.contains("/")) {
        return new Endpoint(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
      }
    } catch (IllegalArgumentException wrong) {
      // The message below says what is expected.
    }
    throw CliFailure.usage(
        variable + ": " + text + " (expected: HOST:PORT, for instance 127.0.0.1:7410)", "");
  }

  /** Whether only this machine can reach it. */
  public boolean isLocal() {
    return host.equals("localhost") || host.equals("::1") || host.startsWith("127.");
  }

  public InetSocketAddress address() {
    return new InetSocketAddress(host, port);
  }

  @Override
  public String toString() {
    return host + ":" + port;
  }
}
