package dev.notebay.storage.config;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import org.jspecify.annotations.Nullable;

/**
 * Starts the service. What an operator can put right ends the process with one line that says how.
 */
@QuarkusMain
public final class Main {
  private static final int WRONG_SETTING = 2;
  private static final int TAKEN_PORT = 3;

  private Main() {}

  public static void main(String... arguments) {
    try {
      Settings settings = Settings.from(System.getenv());
      requireFree(settings.grpc());
      requireFree(settings.http());
      System.setProperty("quarkus.http.host", settings.http().host());
      System.setProperty("quarkus.http.port", Integer.toString(settings.http().port()));
      System.setProperty(
          "quarkus.log.console.json.enabled",
          Boolean.toString("json".equals(System.getenv("NOTEBAY_LOG_FORMAT"))));
    } catch (Settings.Wrong wrong) {
      end(WRONG_SETTING, "" + wrong.getMessage());
    }
    Quarkus.run(null, Main::ended, arguments);
  }

  /**
   * Says so before anything is started; whoever takes the port in between is told of by a trace.
   */
  private static void requireFree(Settings.Address address) {
    try (var socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getByName(address.host()), address.port()));
    } catch (BindException taken) {
      end(
          TAKEN_PORT,
          "port "
              + address.port()
              + " on "
              + address.host()
              + " is taken: "
              + taken.getMessage()
              + " (stop what listens there, or set "
              + address.variable()
              + "=host:port)");
    } catch (IOException failure) {
      end(TAKEN_PORT, address.variable() + ": cannot listen there: " + failure.getMessage());
    }
  }

  private static void ended(int code, @Nullable Throwable failure) {
    for (Throwable at = failure; at != null; at = at.getCause()) {
      if (at instanceof IOException || at instanceof IllegalArgumentException) {
        end(WRONG_SETTING, "" + at.getMessage());
      }
    }
    if (failure != null) {
      failure.printStackTrace();
    }
    System.exit(code);
  }

  private static void end(int code, String line) {
    System.err.println("notebay storage-gateway: " + line);
    System.exit(code);
  }
}
