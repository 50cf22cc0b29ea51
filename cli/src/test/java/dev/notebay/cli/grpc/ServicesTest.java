package dev.notebay.cli.grpc;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.cli.config.Settings;
import dev.notebay.cli.terminal.CliFailure;
import dev.notebay.proto.session.v1.ListSessionsRequest;
import dev.notebay.rpc.BearerAuthentication;
import dev.notebay.rpc.ErrorMapping;
import dev.notebay.rpc.GrpcEndpoint;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServicesTest {
  @Test
  void reachesASchedulerThatHasJustComeBack(@TempDir Path home) throws Exception {
    InetSocketAddress address;
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      address = new InetSocketAddress(InetAddress.getLoopbackAddress(), free.getLocalPort());
    }
    var settings =
        Settings.of(
            Map.of(
                "NOTEBAY_HOME",
                home.toString(),
                Settings.SCHEDULER_GRPC,
                "127.0.0.1:" + address.getPort()));
    try (var services = new Services(settings, () -> "token")) {
      assertThatThrownBy(() -> list(services))
          .isInstanceOf(CliFailure.class)
          .hasMessageContaining("does not answer");
      try (var _ =
          GrpcEndpoint.start(
              address,
              List.of(),
              new BearerAuthentication(Map.of(), _ -> Optional.empty()),
              new ErrorMapping(
                  failure -> {
                    throw failure;
                  }))) {
        assertThatThrownBy(() -> list(services))
            .isInstanceOf(CliFailure.class)
            .message()
            .doesNotContain("does not answer");
      }
    }
  }

  private static void list(Services services) {
    services.sessions(stub -> stub.listSessions(ListSessionsRequest.getDefaultInstance()));
  }
}
