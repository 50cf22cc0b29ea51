package dev.notebay.cli.command;

import com.sun.net.httpserver.HttpServer;
import dev.notebay.cli.config.Endpoint;
import dev.notebay.cli.config.Pause;
import dev.notebay.cli.config.SystemClock;
import dev.notebay.cli.grpc.Health;
import dev.notebay.cli.identity.LocalKeys;
import dev.notebay.cli.jupyter.JupyterServer;
import dev.notebay.cli.notebook.Notebook;
import dev.notebay.cli.terminal.CliFailure;
import dev.notebay.cli.terminal.ExitCode;
import dev.notebay.proto.session.v1.ListSessionsRequest;
import dev.notebay.proto.session.v1.ListSessionsResponse;
import dev.notebay.proto.session.v1.SessionServiceGrpc;
import dev.notebay.rpc.BearerAuthentication;
import dev.notebay.rpc.Caller;
import dev.notebay.rpc.ErrorMapping;
import dev.notebay.rpc.GrpcEndpoint;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * Does once, against itself, what commands do, so that the JVM's cache of what is loaded at start
 * has been made from it. Run when the distribution is put together.
 */
@Command(name = "train", hidden = true)
final class TrainCommand implements Callable<Integer> {
  private static final Duration WAIT = Duration.ofMinutes(1);
  private final App app;

  TrainCommand(App app) {
    this.app = app;
  }

  @Override
  public Integer call() throws IOException {
    LocalKeys.ensureHome(app.settings().home());
    new LocalKeys(app.settings().home()).ensure();
    var loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    HttpServer http = HttpServer.create(loopback, 0);
    http.createContext(
        "/",
        exchange -> {
          byte[] answer = "[{\"id\":\"1\"}]".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    http.start();
    var trusting =
        new BearerAuthentication(Map.of(), token -> Optional.of(new Caller("trainer", Set.of())));
    try (var grpc =
        GrpcEndpoint.start(
            loopback, List.of(new NoSessions()), trusting, new ErrorMapping(this::rethrow))) {
      var at = new Endpoint("127.0.0.1", grpc.port());
      var web = new Endpoint("127.0.0.1", http.getAddress().getPort());
      try (var health = new Health(at, web)) {
        var deadline = SystemClock.in(WAIT);
        while (!health.ready()) {
          if (deadline.passed()) {
            throw CliFailure.unavailable("training: not healthy", "");
          }
          Pause.shortly();
        }
      }
      app.set("NOTEBAY_SCHEDULER_GRPC", at.toString());
      try (var services = new dev.notebay.cli.grpc.Services(app.settings(), app.tokens())) {
        var sessions = new dev.notebay.cli.grpc.Sessions(services).list(true);
        app.terminal().line(Json.of(sessions));
      }
      var kernels = new JupyterServer("http://" + web, app.tokens()).kernels();
      app.terminal().line(kernels + Notebook.ofCode("1 + 1").toJson().strip());
    } finally {
      http.stop(0);
    }
    return ExitCode.OK;
  }

  private io.grpc.StatusRuntimeException rethrow(RuntimeException failure) {
    throw failure;
  }

  private static final class NoSessions extends SessionServiceGrpc.SessionServiceImplBase {
    @Override
    public void listSessions(
        ListSessionsRequest request, StreamObserver<ListSessionsResponse> answer) {
      answer.onNext(ListSessionsResponse.getDefaultInstance());
      answer.onCompleted();
    }
  }
}
