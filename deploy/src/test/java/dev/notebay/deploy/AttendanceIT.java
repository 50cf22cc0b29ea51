package dev.notebay.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** People come, go, wait and change their minds. */
@Timeout(300)
class AttendanceIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String COUNT =
      "import time\nfor i in range(30):\n    print('tick', i, flush=True)\n    time.sleep(0.2)";

  @TempDir Path directory = Path.of("");
  private Place place;

  AttendanceIT() throws Exception {
    place = new Place(directory);
  }

  @BeforeEach
  void up() throws Exception {
    place = new Place(directory);
    var up = place.notebay("up");
    assertThat(up.exit()).as(up.all()).isZero();
  }

  @AfterEach
  void down() throws Exception {
    place.close();
  }

  @Test
  void outputThatCameWhileNobodyWasThereIsKept() throws Exception {
    assertThat(place.notebay("exec", "--keep", "1").exit()).isZero();
    JsonNode session = place.sessions().get(0);
    String id = session.path("name").asText().substring("sessions/".length());
    var client = place.start("exec", "--session", id, COUNT);
    Place.await("ticks", SOON, () -> client.said().contains("tick 3"));

    client.process().destroyForcibly();
    Place.await(
        "every tick is in the journal", SOON, () -> journal(session, id).contains("tick 29"));

    String journal = journal(session, id);
    for (int i = 0; i < 30; i++) {
      assertThat(journal.split("tick " + i + "(?![0-9])", -1)).as("tick " + i).hasSize(2);
    }
  }

  /** All that the session's kernel wrote to its standard output. */
  private String journal(JsonNode session, String id) throws Exception {
    String base = session.path("runtime").path("jupyter_uri").asText();
    String token = place.notebay("session", "token", id).out().strip();
    String kernel = get(base + "/api/kernels", token).get(0).path("id").asText();
    var text = new StringBuilder();
    get(base + "/api/kernels/" + kernel + "/journal?after=0&limit=1000", token)
        .path("entries")
        .forEach(
            entry -> {
              JsonNode content = entry.path("message").path("content");
              if (content.path("name").asText().equals("stdout")) {
                text.append(content.path("text").asText());
              }
            });
    return text.toString();
  }

  private static JsonNode get(String uri, String token) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      var answer =
          client.send(
              HttpRequest.newBuilder(URI.create(uri))
                  .header("Authorization", "token " + token)
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      return JSON.readTree(answer.body());
    }
  }

  @Test
  void whoWaitsForADeviceGetsItWhenItIsFree() throws Exception {
    var holder = place.notebay("session", "create", "--accelerator", "nvidia-t4", "--count", "2");
    assertThat(holder.exit()).as(holder.all()).isZero();
    place.as("bob");
    var waiting = place.start("exec", "--accelerator", "nvidia-t4", "print('my turn')");
    Place.await(
        "bob is told why he waits",
        SOON,
        () ->
            Files.readString(waiting.err())
                .contains("position 1: no node has room for nvidia-t4 x1"));

    place.as("ada");
    assertThat(place.notebay("session", "stop", holder.out().strip()).exit()).isZero();

    var ended = waiting.end();
    assertThat(ended.exit()).as(ended.all()).isZero();
    assertThat(ended.out()).isEqualTo("my turn\n");
  }

  @Test
  void anInterruptEndsTheCellWritesWhatThereIsAndStopsTheSession() throws Exception {
    Path notebook = place.notebook("long.ipynb", "print('begin'); import time; time.sleep(600)");
    var run = place.start("run", notebook.toString());
    Place.await("the cell runs", SOON, () -> run.said().contains("begin"));

    new ProcessBuilder("kill", "-INT", Long.toString(run.process().pid())).start().waitFor();

    assertThat(run.process().waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(run.end().exit()).as(run.end().all()).isEqualTo(130);
    assertThat(Files.readString(directory.resolve("long.out.ipynb")))
        .contains("begin", "KeyboardInterrupt");
    Place.await(
        "the session is stopped",
        SOON,
        () -> place.sessions().get(0).path("state").asText().equals("STATE_STOPPED"));
  }
}
