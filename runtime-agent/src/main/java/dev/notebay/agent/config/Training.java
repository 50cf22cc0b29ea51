package dev.notebay.agent.config;

import dev.notebay.agent.control.Identity;
import dev.notebay.agent.core.activity.Notice;
import dev.notebay.proto.runtime.v1.Claimed;
import dev.notebay.proto.runtime.v1.ConnectRequest;
import dev.notebay.proto.runtime.v1.ConnectResponse;
import dev.notebay.proto.runtime.v1.Policy;
import dev.notebay.proto.runtime.v1.RuntimeLinkServiceGrpc;
import dev.notebay.rpc.BearerAuthentication;
import dev.notebay.rpc.Caller;
import dev.notebay.rpc.ErrorMapping;
import dev.notebay.rpc.GrpcEndpoint;
import dev.notebay.rpc.JwtAuthenticator;
import io.grpc.stub.StreamObserver;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Lives an agent's first seconds in a scratch directory, with a scheduler of its own and no
 * launcher, so that the Java machine can keep what it loaded and linked for real agents.
 */
final class Training {
  private static final long PATIENCE_SECONDS = 20;
  private static final String OWNER = "trainee";

  private Training() {}

  static void run() throws IOException {
    Path directory = Files.createTempDirectory("notebay-train-");
    try (GrpcEndpoint scheduler = scheduler()) {
      KeyPair keys = keys();
      Path publicKey = directory.resolve("public.pem");
      Files.writeString(
          publicKey,
          "-----BEGIN PUBLIC KEY-----\n"
              + Base64.getMimeEncoder().encodeToString(keys.getPublic().getEncoded())
              + "\n-----END PUBLIC KEY-----\n");
      Path state = Files.createDirectory(directory.resolve("agent"));
      Path content = Files.createDirectory(directory.resolve("content"));
      var settings =
          new AgentSettings(
              new Identity(new UUID(1, 1), 1, "training"),
              () -> "training",
              "127.0.0.1:" + scheduler.port(),
              JwtAuthenticator.LOCAL_ISSUER,
              publicKey.toString(),
              "127.0.0.1",
              0,
              "127.0.0.1",
              "python3",
              content,
              Optional.empty(),
              Path.of("/mnt/volume"),
              OptionalLong.empty(),
              Optional.empty(),
              AgentSettings.JOURNAL_LIMIT);
      RuntimeAgent.Started started = RuntimeAgent.start(settings, directory, state, _ -> {});
      visit(started, token(keys));
      started.agent().close();
    } catch (GeneralSecurityException | InterruptedException failure) {
      throw new IOException("training failed", failure);
    } finally {
      deleteTree(directory);
    }
    System.exit(0);
  }

  private static GrpcEndpoint scheduler() throws IOException {
    return GrpcEndpoint.start(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
        List.of(new GrantingScheduler()),
        new BearerAuthentication(
            Map.of(), _ -> Optional.of(new Caller("training", Set.of(Caller.Role.AGENT)))),
        new ErrorMapping(
            failure -> {
              throw failure;
            }));
  }

  /** Grants every claim. */
  private static final class GrantingScheduler
      extends RuntimeLinkServiceGrpc.RuntimeLinkServiceImplBase {
    @Override
    public StreamObserver<ConnectRequest> connect(StreamObserver<ConnectResponse> responses) {
      return new StreamObserver<>() {
        @Override
        public void onNext(ConnectRequest request) {
          if (request.hasClaim()) {
            responses.onNext(
                ConnectResponse.newBuilder()
                    .setClaimed(
                        Claimed.newBuilder()
                            .setOwner(OWNER)
                            .setPolicy(
                                Policy.newBuilder()
                                    .setGeneration(1)
                                    .setIdleTimeout(
                                        com.google.protobuf.Duration.newBuilder().setSeconds(600))
                                    .setWarning(
                                        com.google.protobuf.Duration.newBuilder().setSeconds(60)))
                            .setHeartbeatInterval(
                                com.google.protobuf.Duration.newBuilder().setSeconds(1)))
                    .build());
          }
        }

        @Override
        public void onError(Throwable error) {
          // The agent has ended, as it must at the end of the training.
        }

        @Override
        public void onCompleted() {
          responses.onCompleted();
        }
      };
    }
  }

  private static void visit(RuntimeAgent.Started started, String token)
      throws InterruptedException, IOException {
    Vertx vertx = Vertx.vertx();
    try {
      var client =
          vertx.createHttpClient(
              new HttpClientOptions().setDefaultHost("127.0.0.1").setDefaultPort(started.port()));
      long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
      while (started.agent().owner().isEmpty()) {
        if (System.nanoTime() > until) {
          throw new IOException("the training's own scheduler did not grant the claim");
        }
        Thread.onSpinWait();
      }
      var visitor = new Visitor(client, token);
      visitor.ask("GET", "/q/health", "");
      visitor.ask("GET", "/api", "");
      visitor.ask("GET", "/api/kernelspecs", "");
      visitor.ask("GET", "/api/status", "");
      visitor.ask("GET", "/api/contents/", "");
      visitor.ask(
          "PUT",
          "/api/contents/a.ipynb",
          "{\"type\":\"notebook\",\"content\":{\"cells\":[],\"metadata\":{},\"nbformat\":4,"
              + "\"nbformat_minor\":5}}");
      visitor.ask("GET", "/api/contents/a.ipynb", "");
      visitor.ask("GET", "/api/nothing", "");
      String kernel = new JsonObject(visitor.ask("POST", "/api/kernels", "{}")).getString("id");
      visitor.ask("GET", "/api/kernels", "");
      visitor.ask("GET", "/api/kernels/" + kernel + "/journal", "");
      for (String protocol : List.of("", "v1.kernel.websocket.jupyter.org")) {
        visitor.watch(kernel, protocol, started.agent());
      }
      visitor.ask("DELETE", "/api/kernels/" + kernel, "");
      client.close().toCompletionStage().toCompletableFuture().join();
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  private record Visitor(io.vertx.core.http.HttpClient client, String token) {
    String ask(String method, String path, String body) {
      return client
          .request(
              new RequestOptions()
                  .setMethod(HttpMethod.valueOf(method))
                  .setURI(path)
                  .putHeader("Authorization", "token " + token))
          .compose(request -> request.send(body))
          .compose(response -> response.body())
          .toCompletionStage()
          .toCompletableFuture()
          .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
          .join()
          .toString();
    }

    void watch(String kernel, String protocol, Agent agent) {
      var options =
          new WebSocketConnectOptions()
              .setURI("/api/kernels/" + kernel + "/channels?session_id=s&token=" + token);
      if (!protocol.isEmpty()) {
        options.addSubProtocol(protocol);
      }
      var seen = new CompletableFuture<Boolean>();
      var socket =
          client
              .webSocket(options)
              .toCompletionStage()
              .toCompletableFuture()
              .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
              .join();
      socket.handler(_ -> seen.complete(true));
      if (protocol.isEmpty()) {
        socket.writeTextMessage(
            "{\"channel\":\"shell\",\"header\":{\"msg_id\":\"m\",\"session\":\"s\",\"msg_type\":"
                + "\"kernel_info_request\"},\"parent_header\":{},\"metadata\":{},\"content\":{}}");
      }
      // The server lets the client in a little after it has answered: announced until it is heard.
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
      while (!isHeard(seen)) {
        if (System.nanoTime() > end) {
          throw new IllegalStateException("the announcement was not heard");
        }
        agent.announce(new Notice.EndPostponed("training"));
      }
      socket.close();
    }
  }

  private static boolean isHeard(CompletableFuture<Boolean> seen) {
    try {
      return seen.get(20, TimeUnit.MILLISECONDS);
    } catch (TimeoutException notYet) {
      return false;
    } catch (InterruptedException | ExecutionException failure) {
      throw new IllegalStateException(failure);
    }
  }

  private static KeyPair keys() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }

  private static String token(KeyPair keys) throws GeneralSecurityException {
    long now = Instant.now().getEpochSecond();
    String header = encode("{\"alg\":\"ES256\",\"typ\":\"JWT\"}");
    String claims =
        encode(
            new JsonObject()
                .put("iss", JwtAuthenticator.LOCAL_ISSUER)
                .put("aud", JwtAuthenticator.AUDIENCE)
                .put("sub", OWNER)
                .put("iat", now)
                .put("exp", now + 600)
                .encode());
    Signature signer = Signature.getInstance("SHA256withECDSAinP1363Format");
    signer.initSign(keys.getPrivate());
    signer.update((header + "." + claims).getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    return header
        + "."
        + claims
        + "."
        + Base64.getUrlEncoder().withoutPadding().encodeToString(signer.sign());
  }

  private static String encode(String json) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(json.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  private static void deleteTree(Path root) throws IOException {
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(
              Path directory, @org.jspecify.annotations.Nullable IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
