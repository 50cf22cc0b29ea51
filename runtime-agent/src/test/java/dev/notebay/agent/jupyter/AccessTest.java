package dev.notebay.agent.jupyter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class AccessTest {
  private static final List<String> WRONG_ORIGINS =
      List.of(
          "http://evil.example",
          "https://evil.example",
          "null",
          "http://127.0.0.1",
          "http://127.0.0.1:1",
          "http://localhost:PORT",
          "http://127.0.0.1:PORT.evil.example",
          "http://127.0.0.1:PORT@evil.example",
          "http://evil.example:PORT",
          "http://127.0.0.1:PORT/",
          "http://user@127.0.0.1:PORT",
          "ftp://127.0.0.1:PORT",
          "127.0.0.1:PORT",
          "file://",
          "https://lab.example.evil.example",
          "http://lab.example",
          "https://LAB.example:443");

  @TempDir Path directory;
  private ServerFixture fixture;
  private String kernel;

  @BeforeEach
  void start() throws Exception {
    fixture = new ServerFixture(directory);
    kernel = fixture.startKernel();
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  private List<String[]> routes() {
    String id = kernel;
    String file = "{\"type\":\"file\",\"format\":\"text\",\"content\":\"x\"}";
    return List.of(
        new String[] {"GET", "/", ""},
        new String[] {"GET", "/api", ""},
        new String[] {"GET", "/api/status", ""},
        new String[] {"GET", "/api/me", ""},
        new String[] {"GET", "/api/kernelspecs", ""},
        new String[] {"GET", "/api/kernelspecs/python3", ""},
        new String[] {"GET", "/api/kernels", ""},
        new String[] {"POST", "/api/kernels", "{}"},
        new String[] {"GET", "/api/kernels/" + id, ""},
        new String[] {"GET", "/api/kernels/" + id + "/journal", ""},
        new String[] {"POST", "/api/kernels/" + id + "/interrupt", ""},
        new String[] {"POST", "/api/kernels/" + id + "/restart", ""},
        new String[] {"DELETE", "/api/kernels/" + id, ""},
        new String[] {"GET", "/api/sessions", ""},
        new String[] {"POST", "/api/sessions", "{\"path\":\"a\",\"type\":\"notebook\"}"},
        new String[] {"GET", "/api/sessions/x", ""},
        new String[] {"PATCH", "/api/sessions/x", "{}"},
        new String[] {"DELETE", "/api/sessions/x", ""},
        new String[] {"GET", "/api/contents", ""},
        new String[] {"PUT", "/api/contents/a.txt", file},
        new String[] {"POST", "/api/contents", "{}"},
        new String[] {"PATCH", "/api/contents/a.txt", "{\"path\":\"b\"}"},
        new String[] {"DELETE", "/api/contents/a.txt", ""},
        new String[] {"GET", "/api/contents/a.txt/checkpoints", ""},
        new String[] {"POST", "/api/contents/a.txt/checkpoints", ""},
        new String[] {"GET", "/api/terminals", ""},
        new String[] {"GET", "/api/nothing", ""},
        new String[] {"GET", "/nothing", ""});
  }

  @Test
  void answersEveryoneButTheOwnerTheSameOnEveryRoute() throws Exception {
    for (String[] route : routes()) {
      List<String[]> strangers =
          List.of(
              new String[] {},
              new String[] {"Authorization", "token wrong"},
              new String[] {"Authorization", "token bobs-token"},
              new String[] {"Authorization", "Bearer bobs-token"},
              new String[] {"Authorization", "Basic " + ServerFixture.TOKEN},
              new String[] {"Authorization", ServerFixture.TOKEN},
              new String[] {"Authorization", "token "});
      for (String[] headers : strangers) {
        HttpResponse<String> answer = fixture.send(route[0], route[1], route[2], headers);
        assertThat(answer.statusCode())
            .as("%s %s %s", route[0], route[1], List.of(headers))
            .isEqualTo(403);
        assertThat(answer.body()).isEqualTo("{\"message\":\"Forbidden\",\"reason\":\"Forbidden\"}");
      }
    }
    assertThat(fixture.kernels.calls).containsExactly("start");
    try (var found = java.nio.file.Files.list(fixture.content)) {
      assertThat(found).isEmpty();
    }
  }

  @Test
  void takesTheTokenAsHeaderOrParameter() {
    assertThat(fixture.ask("GET", "/api", null).statusCode()).isEqualTo(200);
    assertThat(
            fixture
                .send("GET", "/api", null, "Authorization", "bearer " + ServerFixture.TOKEN)
                .statusCode())
        .isEqualTo(200);
    assertThat(fixture.send("GET", "/api?token=" + ServerFixture.TOKEN, null).statusCode())
        .isEqualTo(200);
    assertThat(fixture.send("GET", "/api?token=bobs-token", null).statusCode()).isEqualTo(403);
    assertThat(
            fixture
                .send("GET", "/api?token=bobs-token&token=" + ServerFixture.TOKEN, null)
                .statusCode())
        .isEqualTo(403);
  }

  @Test
  void refusesWebSocketsOfStrangers() {
    String path = "/api/kernels/" + kernel + "/channels";
    String missing = "/api/kernels/00000000-0000-0000-0000-000000000000/channels";
    assertThat(fixture.handshake(path, Map.of())).isEqualTo(403);
    assertThat(fixture.handshake(missing, Map.of())).isEqualTo(403);
    assertThat(fixture.handshake(path, Map.of("Authorization", "token bobs-token"))).isEqualTo(403);
    assertThat(fixture.handshake(path + "?token=bobs-token", Map.of())).isEqualTo(403);
    Map<String, String> mine = Map.of("Authorization", "token " + ServerFixture.TOKEN);
    assertThat(fixture.handshake(missing, mine)).isEqualTo(404);
    assertThat(fixture.handshake("/api/kernels/../channels", mine)).isEqualTo(404);
    assertThat(fixture.handshake("/api/kernels", mine)).isEqualTo(404);
    assertThat(fixture.handshake(path + "?replay_from=-1", mine)).isEqualTo(400);
    assertThat(fixture.handshake(path + "?token=" + ServerFixture.TOKEN, Map.of())).isEqualTo(101);
  }

  @Test
  void refusesPagesOfOthers() {
    String path = "/api/kernels/" + kernel + "/channels";
    for (String origin : WRONG_ORIGINS) {
      String sent = origin.replace("PORT", String.valueOf(fixture.port));
      assertThat(
              fixture.handshake(
                  path, Map.of("Authorization", "token " + ServerFixture.TOKEN, "Origin", sent)))
          .as(sent)
          .isEqualTo(403);
      assertThat(
              fixture
                  .send(
                      "POST",
                      "/api/kernels",
                      "{}",
                      "Authorization",
                      "token " + ServerFixture.TOKEN,
                      "Origin",
                      sent)
                  .statusCode())
          .as(sent)
          .isEqualTo(403);
    }
    String own = "http://127.0.0.1:" + fixture.port;
    assertThat(
            fixture.handshake(
                path, Map.of("Authorization", "token " + ServerFixture.TOKEN, "Origin", own)))
        .isEqualTo(101);
  }

  @Test
  void asksToComeBackUntilTheSessionIsClaimed() {
    fixture.owner = Optional.empty();
    HttpResponse<String> answer = fixture.ask("GET", "/api", null);
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.headers().firstValue("Retry-After")).contains("1");
    assertThat(fixture.send("GET", "/q/health/live", null).statusCode()).isEqualTo(200);
    assertThat(fixture.send("GET", "/q/health/ready", null).statusCode()).isEqualTo(503);
    assertThat(fixture.send("GET", "/metrics", null).body()).isEqualTo("up 1\n");
    fixture.owner = Optional.of("alice");
    assertThat(fixture.send("GET", "/q/health", null).statusCode()).isEqualTo(200);
  }

  @ParameterizedTest(name = "a server on every address: {0}")
  @CsvSource({"true,200", "false,403"})
  void metricsGoToOtherMachinesOnlyWhereTheServerIsOnEveryAddress(
      boolean everyAddress, int status, @TempDir Path other) throws Exception {
    Optional<String> address =
        NetworkInterface.networkInterfaces()
            .flatMap(NetworkInterface::inetAddresses)
            .filter(each -> each instanceof Inet4Address && !each.isLoopbackAddress())
            .map(InetAddress::getHostAddress)
            .findFirst();
    assumeTrue(address.isPresent(), "this machine has an address that is not its loopback");
    String here = address.orElseThrow();
    try (var served = new ServerFixture(other, everyAddress ? "0.0.0.0" : here)) {
      String base = "http://" + here + ":" + served.port;
      assertThat(status(served, base + "/metrics")).isEqualTo(status);
      assertThat(status(served, base + "/api/kernels")).isEqualTo(403);
    }
  }

  private static int status(ServerFixture served, String address) throws Exception {
    return served
        .http
        .send(
            HttpRequest.newBuilder(URI.create(address)).build(),
            HttpResponse.BodyHandlers.discarding())
        .statusCode();
  }
}
