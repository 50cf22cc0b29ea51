package dev.notebay.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.notebay.proto.runtime.v1.Claimed;
import dev.notebay.proto.runtime.v1.ConnectRequest;
import dev.notebay.proto.runtime.v1.ConnectResponse;
import dev.notebay.proto.runtime.v1.Policy;
import dev.notebay.proto.runtime.v1.RuntimeLinkServiceGrpc;
import dev.notebay.proto.runtime.v1.Stop;
import dev.notebay.rpc.BearerAuthentication;
import dev.notebay.rpc.Caller;
import dev.notebay.rpc.ErrorMapping;
import dev.notebay.rpc.GrpcEndpoint;
import dev.notebay.rpc.JwtIssuer;
import dev.notebay.scheduler.core.launch.LaunchRequest;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.Compute;
import dev.notebay.scheduler.core.session.Environment;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.kube.KubeSettings;
import dev.notebay.scheduler.kube.launch.PodBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A session's pod, as the scheduler would send it to a cluster, run by a played kubelet: the agent
 * of the distribution, its token in a file, and a real kernel of the machine's Python.
 */
@Timeout(180)
class PodIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TOKEN = "the.pods.token";
  private static final String UID = UUID.randomUUID().toString();
  private static final RuntimeName NAME = new RuntimeName(new SessionId(UUID.randomUUID()), 3);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final BlockingQueue<ConnectRequest> heard = new LinkedBlockingQueue<>();
  private final AtomicReference<@Nullable StreamObserver<ConnectResponse>> link =
      new AtomicReference<>();
  private final HttpClient http = HttpClient.newHttpClient();

  @Test
  void aPodsContainersBecomeASessionThatRunsCodeAndEndsWithItsReason() throws Exception {
    Path directory = Files.createTempDirectory(Path.of("/tmp"), "pod");
    KeyPair keys = keys();
    int port = freePort();
    try (GrpcEndpoint scheduler = scheduler();
        var kubelet =
            new PodProcesses(
                onPort(pod(scheduler.port(), keys), port),
                directory,
                Map.of("metadata.uid", UID, "status.podIP", "127.0.0.1"))) {
      Files.writeString(kubelet.volume("agent-token").resolve("token"), TOKEN + "\n");
      Process agent = startAgent(kubelet);

      assertThat(next().getClaim())
          .satisfies(
              claim -> {
                assertThat(claim.getSessionId()).isEqualTo(NAME.session().toString());
                assertThat(claim.getAttempt()).isEqualTo(NAME.attempt());
                assertThat(claim.getRuntimeUid()).isEqualTo(UID);
              });
      assertThat(status(port)).as("the kernel's container waits for the claim").isNotEqualTo(200);
      say(
          ConnectResponse.newBuilder()
              .setClaimed(
                  Claimed.newBuilder()
                      .setOwner("ada")
                      .setPolicy(Policy.newBuilder().setGeneration(1)))
              .build());
      assertThat(next().getReady().getJupyterUri()).isEqualTo("http://127.0.0.1:" + port);
      Place.await("start-up probe", PATIENCE, () -> status(port) == 200);

      Process kernel = kubelet.start("kernel", List.of(), kubelet.volume("content"), path());
      assertThat(execute(port, token(keys), "import os; print(os.environ['GREETING'], 6 * 7)"))
          .isEqualTo("$(HOME) hello 42\n");
      assertThat(execute(port, token(keys), "open('made', 'w').write('by the kernel')")).isEmpty();
      assertThat(content(port, token(keys), "made")).isEqualTo("by the kernel");
      assertThat(
              PosixFilePermissions.toString(
                  Files.getPosixFilePermissions(kubelet.volume("content").resolve("made"))))
          .as("the agent's group may write to it")
          .isEqualTo("rw-rw-r--");

      say(
          ConnectResponse.newBuilder()
              .setStop(Stop.newBuilder().setReason("IDLE_TIMEOUT").setMessage("unused"))
              .build());
      assertThat(kernel.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(kernel.exitValue()).as("which ends the pod as succeeded").isZero();
      Place.await("last words", PATIENCE, () -> Files.size(kubelet.lastWords()) > 0);
      assertThat(JSON.readTree(Files.readString(kubelet.lastWords())).path("reason").asText())
          .isEqualTo("IDLE_TIMEOUT");
      assertThat(agent.isAlive()).as("a sidecar that exits is started again").isTrue();
    } catch (AssertionError failure) {
      for (String container : List.of("agent", "kernel")) {
        Path log = directory.resolve(container + ".log");
        failure.addSuppressed(
            new AssertionError(
                container + ": " + (Files.exists(log) ? Files.readString(log) : "")));
      }
      throw failure;
    }
  }

  /** As the image starts it. */
  private static Process startAgent(PodProcesses kubelet) throws java.io.IOException {
    Path agent = Path.of(System.getProperty("notebay.distribution"), "runtime-agent");
    return kubelet.start(
        "agent",
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "@" + agent.resolve("agent.args"),
            "-cp",
            agent + "/lib/*",
            "dev.notebay.agent.config.RuntimeAgent"),
        agent,
        path());
  }

  private static Map<String, String> path() {
    return Map.of("PATH", "/usr/local/bin:/usr/bin:/bin", "LC_ALL", "C.UTF-8");
  }

  private static Pod pod(int scheduler, KeyPair keys) {
    var settings =
        new KubeSettings(
            "test",
            "notebay-sessions",
            new KubeSettings.Images("agent:1", "runtime:1", List.of()),
            new KubeSettings.SchedulerAddress("127.0.0.1:" + scheduler, "notebay"),
            Optional.empty(),
            new KubeSettings.Defaults(List.of(), Map.of(), 1L << 30, Optional.empty()),
            List.of(),
            new KubeSettings.Storage(Optional.empty(), KubeSettings.AccessMode.READ_WRITE_ONCE));
    String publicKey =
        "-----BEGIN PUBLIC KEY-----\n"
            + Base64.getMimeEncoder().encodeToString(keys.getPublic().getEncoded())
            + "\n-----END PUBLIC KEY-----\n";
    return new PodBuilder(settings, Optional.of(publicKey))
        .build(
            new LaunchRequest(
                NAME,
                new Owner("ada"),
                Accelerator.NONE,
                new Compute(1000, 1L << 30),
                new Assignment("node-1", "none", List.of(), Instant.EPOCH),
                Optional.empty(),
                Optional.empty(),
                new Environment(Map.of("GREETING", "$(HOME) hello"))));
  }

  /** Every pod has all ports; processes of one machine share them. */
  private static Pod onPort(Pod pod, int port) {
    pod.getSpec().getInitContainers().getFirst().getEnv().stream()
        .filter(variable -> variable.getName().equals("NOTEBAY_HTTP_PORT"))
        .forEach(variable -> variable.setValue(Integer.toString(port)));
    return pod;
  }

  private GrpcEndpoint scheduler() throws java.io.IOException {
    var service =
        new RuntimeLinkServiceGrpc.RuntimeLinkServiceImplBase() {
          @Override
          public StreamObserver<ConnectRequest> connect(StreamObserver<ConnectResponse> out) {
            link.set(out);
            return new StreamObserver<>() {
              @Override
              public void onNext(ConnectRequest request) {
                heard.add(request);
              }

              @Override
              public void onError(Throwable lost) {}

              @Override
              public void onCompleted() {
                out.onCompleted();
              }
            };
          }
        };
    return GrpcEndpoint.start(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
        List.of(service),
        new BearerAuthentication(
            Map.of(),
            token ->
                token.equals(TOKEN)
                    ? Optional.of(new Caller(NAME.toString(), Set.of(Caller.Role.AGENT)))
                    : Optional.empty()),
        new ErrorMapping(
            failure -> {
              throw failure;
            }));
  }

  private ConnectRequest next() throws InterruptedException {
    ConnectRequest request = heard.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    assertThat(request).as("the agent says something").isNotNull();
    return request;
  }

  private void say(ConnectResponse response) {
    Objects.requireNonNull(link.get(), "no agent is connected").onNext(response);
  }

  private int status(int port) throws Exception {
    return http.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/q/health/ready"))
                .build(),
            HttpResponse.BodyHandlers.discarding())
        .statusCode();
  }

  private String content(int port, String token, String path) throws Exception {
    return JSON.readTree(
            http.send(
                    HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + port + "/api/contents/" + path))
                        .header("Authorization", "Bearer " + token)
                        .build(),
                    HttpResponse.BodyHandlers.ofString())
                .body())
        .path("content")
        .asText();
  }

  /** What code prints, in a kernel of its own. */
  private String execute(int port, String token, String code) throws Exception {
    String kernel =
        JSON.readTree(
                http.send(
                        HttpRequest.newBuilder(
                                URI.create("http://127.0.0.1:" + port + "/api/kernels"))
                            .header("Authorization", "Bearer " + token)
                            .POST(HttpRequest.BodyPublishers.ofString("{}"))
                            .build(),
                        HttpResponse.BodyHandlers.ofString())
                    .body())
            .path("id")
            .asText();
    var messages = new LinkedBlockingQueue<JsonNode>();
    WebSocket socket =
        http.newWebSocketBuilder()
            .header("Authorization", "Bearer " + token)
            .buildAsync(
                URI.create("ws://127.0.0.1:" + port + "/api/kernels/" + kernel + "/channels"),
                new Messages(messages))
            .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    String id = UUID.randomUUID().toString();
    var request = JSON.createObjectNode();
    request.put("channel", "shell");
    request
        .putObject("header")
        .put("msg_id", id)
        .put("msg_type", "execute_request")
        .put("username", "ada")
        .put("session", "test")
        .put("date", Instant.now().toString())
        .put("version", "5.3");
    request.putObject("parent_header");
    request.putObject("metadata");
    request.putObject("content").put("code", code).put("silent", false);
    request.putArray("buffers");
    socket.sendText(request.toString(), true).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    var printed = new StringBuilder();
    // The reply and the output come over channels of their own, in any order.
    boolean replied = false;
    boolean idle = false;
    while (!replied || !idle) {
      JsonNode message = messages.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertThat(message).as("the kernel answers").isNotNull();
      if (!message.path("parent_header").path("msg_id").asText().equals(id)) {
        continue;
      }
      switch (message.path("header").path("msg_type").asText()) {
        case "stream" -> printed.append(message.path("content").path("text").asText());
        case "error" -> printed.append(message.path("content").path("evalue").asText());
        case "execute_reply" -> replied = true;
        case "status" ->
            idle = message.path("content").path("execution_state").asText().equals("idle");
        default -> {}
      }
    }
    socket.abort();
    return printed.toString();
  }

  /** Whole messages, as JSON. */
  private static final class Messages implements WebSocket.Listener {
    private final BlockingQueue<JsonNode> messages;
    private final StringBuilder text = new StringBuilder();

    Messages(BlockingQueue<JsonNode> messages) {
      this.messages = messages;
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
      text.append(part);
      if (last) {
        try {
          messages.add(JSON.readTree(text.toString()));
        } catch (com.fasterxml.jackson.core.JsonProcessingException malformed) {
          throw new IllegalStateException(malformed);
        }
        text.setLength(0);
      }
      socket.request(1);
      return null;
    }
  }

  private static String token(KeyPair keys) {
    return new JwtIssuer(keys.getPrivate())
        .issue("ada", Set.of(), Instant.now(), Duration.ofMinutes(10));
  }

  private static KeyPair keys() throws Exception {
    var generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }

  private static int freePort() throws java.io.IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
