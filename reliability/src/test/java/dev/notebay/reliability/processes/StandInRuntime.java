package dev.notebay.reliability.processes;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/**
 * Stands in for the runtime agent's process where a trial is about the control plane: a process of
 * some 40 ms that tells the harness who it is, over a unix socket, and ends when it is told to. The
 * harness, {@link StandInAgents}, keeps its link to the scheduler with the agent's own classes.
 *
 * <p>Needs nothing but the JDK and is started as the agent is, in the runtime's directory.
 */
final class StandInRuntime {
  /** Relative to the runtime's directory, because a unix socket's path must be short. */
  static final String SOCKET = "../../agents.sock";

  static final String EXIT = "exit";

  private StandInRuntime() {}

  /** Arguments are those of the agent, and mean nothing here. */
  public static void main(String... arguments) throws IOException {
    var properties = new Properties();
    try (var text = Files.newBufferedReader(Path.of("agent/agent.properties"))) {
      properties.load(text);
    }
    String supervisor = Files.readString(Path.of("supervisor.json")).replace("\n", " ");
    try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(SOCKET));
      var hello =
          String.join(
                  "|",
                  properties.getProperty("session.id"),
                  properties.getProperty("session.attempt"),
                  properties.getProperty("runtime.secret"),
                  properties.getProperty("scheduler.grpc"),
                  properties.getProperty("volume.directory"),
                  supervisor)
              + "\n";
      Channels.newOutputStream(channel).write(hello.getBytes(StandardCharsets.UTF_8));
      var orders = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
      String order = orders.readLine();
      // Without an order the harness is gone: end, and be started again in vain, until all ends.
      System.exit(EXIT.equals(order) ? 0 : 3);
    }
  }
}
