package dev.notebay.scheduler.postgres;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.scheduler.core.SchedulerException.StoreUnavailable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

class SchemaTest {
  @Test
  void aDatabaseThatIsNotThereIsNamed() throws IOException {
    var nowhere = new PGSimpleDataSource();
    int port;
    try (var closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = closed.getLocalPort();
    }
    nowhere.setURL("jdbc:postgresql://127.0.0.1:" + port + "/notebay");

    assertThatThrownBy(() -> Schema.migrate(nowhere))
        .isInstanceOf(StoreUnavailable.class)
        .hasMessageStartingWith("the database does not answer: ")
        .hasMessageContaining("127.0.0.1:" + port);
  }
}
