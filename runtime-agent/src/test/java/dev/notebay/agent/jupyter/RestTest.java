package dev.notebay.agent.jupyter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.agent.core.kernel.KernelId;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class RestTest {
  @TempDir Path directory;
  private ServerFixture fixture;

  @BeforeEach
  void start() throws Exception {
    fixture = new ServerFixture(directory);
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  private int status(String method, String path, @org.jspecify.annotations.Nullable String body) {
    return fixture.ask(method, path, body).statusCode();
  }

  @Test
  void describesItself() {
    assertThat(fixture.object("GET", "/api", null).getString("version")).startsWith("2.");
    JsonObject specs = fixture.object("GET", "/api/kernelspecs", null);
    assertThat(specs.getString("default")).isEqualTo("python3");
    JsonObject spec = specs.getJsonObject("kernelspecs").getJsonObject("python3");
    assertThat(spec).isEqualTo(fixture.object("GET", "/api/kernelspecs/python3", null));
    assertThat(spec.getJsonObject("spec").fieldNames())
        .containsExactlyInAnyOrder(
            "argv", "env", "display_name", "language", "interrupt_mode", "metadata");
    assertThat(status("GET", "/api/kernelspecs/r", null)).isEqualTo(404);
    assertThat(fixture.object("GET", "/api/status", null).fieldNames())
        .containsExactlyInAnyOrder("started", "last_activity", "connections", "kernels");
    assertThat(
            fixture.object("GET", "/api/me", null).getJsonObject("identity").getString("username"))
        .isEqualTo("alice");
    assertThat(fixture.array("/api/terminals")).isEmpty();
    assertThat(status("POST", "/api/terminals", null)).isEqualTo(404);
  }

  @Test
  void managesKernels() {
    HttpResponse<String> made = fixture.ask("POST", "/api/kernels", "{\"name\":\"python3\"}");
    assertThat(made.statusCode()).isEqualTo(201);
    var model = new JsonObject(made.body());
    String id = model.getString("id");
    assertThat(made.headers().firstValue("Location")).contains("/api/kernels/" + id);
    assertThat(model.fieldNames())
        .containsExactlyInAnyOrder("id", "name", "last_activity", "execution_state", "connections");
    assertThat(model.getString("last_activity")).isEqualTo("2026-01-01T00:00:00.000000Z");
    assertThat(model.getString("execution_state")).isEqualTo("starting");
    assertThat(fixture.array("/api/kernels")).hasSize(1);
    assertThat(status("POST", "/api/kernels/" + id + "/interrupt", null)).isEqualTo(204);
    assertThat(status("POST", "/api/kernels/" + id + "/restart", null)).isEqualTo(200);
    assertThat(status("PUT", "/api/kernels/" + id, "{}")).isEqualTo(405);
    assertThat(status("DELETE", "/api/kernels/" + id, null)).isEqualTo(204);
    assertThat(status("DELETE", "/api/kernels/" + id, null)).isEqualTo(404);
    assertThat(status("GET", "/api/kernels/nonsense", null)).isEqualTo(404);
    assertThat(status("POST", "/api/kernels", "{\"name\":\"r\"}")).isEqualTo(404);
    assertThat(status("POST", "/api/kernels", "{")).isEqualTo(400);
    assertThat(status("POST", "/api/kernels", "{\"name\":7}")).isEqualTo(400);
    assertThat(status("POST", "/api/kernels", "{\"kernel_id\":\"x\"}")).isEqualTo(400);
    assertThat(fixture.kernels.calls).containsExactly("start", "interrupt", "restart", "shutdown");
  }

  @Test
  void startsAKernelWhereItsNotebookIs() throws Exception {
    Files.createDirectories(fixture.content.resolve("work"));
    Files.writeString(fixture.content.resolve("work/a.ipynb"), "{}");
    for (String[] expected :
        List.of(
            new String[] {"work/a.ipynb", "work"},
            new String[] {"work/new.ipynb", "work"},
            new String[] {"work", "work"},
            new String[] {"missing/new.ipynb", ""},
            new String[] {"../../etc", ""})) {
      String id =
          fixture
              .object("POST", "/api/kernels", "{\"path\":\"" + expected[0] + "\"}")
              .getString("id");
      assertThat(fixture.kernels.directoryOf(new KernelId(UUID.fromString(id))))
          .as(expected[0])
          .isEqualTo(expected[1]);
    }
  }

  @Test
  void managesSessions() {
    String body =
        "{\"path\":\"a.ipynb\",\"name\":\"a\",\"type\":\"notebook\",\"kernel\":{\"name\":\"python3\"}}";
    HttpResponse<String> made = fixture.ask("POST", "/api/sessions", body);
    assertThat(made.statusCode()).isEqualTo(201);
    var session = new JsonObject(made.body());
    assertThat(session.fieldNames())
        .containsExactlyInAnyOrder("id", "path", "name", "type", "kernel", "notebook");
    String id = session.getString("id");
    assertThat(new JsonObject(fixture.ask("POST", "/api/sessions", body).body()))
        .as("the same document has one session")
        .isEqualTo(session);
    JsonObject renamed = fixture.object("PATCH", "/api/sessions/" + id, "{\"path\":\"b.ipynb\"}");
    assertThat(renamed.getString("path")).isEqualTo("b.ipynb");
    assertThat(renamed.getJsonObject("kernel")).isEqualTo(session.getJsonObject("kernel"));
    JsonObject changed =
        fixture.object("PATCH", "/api/sessions/" + id, "{\"kernel\":{\"name\":\"python3\"}}");
    assertThat(changed.getJsonObject("kernel").getString("id"))
        .isNotEqualTo(session.getJsonObject("kernel").getString("id"));
    assertThat(fixture.array("/api/kernels")).as("the other kernel was ended").hasSize(1);
    assertThat(status("DELETE", "/api/sessions/" + id, null)).isEqualTo(204);
    assertThat(status("GET", "/api/sessions/" + id, null)).isEqualTo(404);
    assertThat(fixture.array("/api/kernels")).isEmpty();
    assertThat(status("POST", "/api/sessions", "{}")).isEqualTo(400);
  }

  @Test
  void savesAndReadsNotebooksAndFiles() throws Exception {
    String notebook =
        "{\"cells\":[{\"cell_type\":\"code\",\"source\":\"1\",\"metadata\":{},\"outputs\":[],"
            + "\"execution_count\":null,\"id\":\"a\"}],\"metadata\":{\"n\":1.50},\"nbformat\":4,"
            + "\"nbformat_minor\":5}";
    HttpResponse<String> saved =
        fixture.ask(
            "PUT",
            "/api/contents/a.ipynb",
            "{\"type\":\"notebook\",\"format\":\"json\",\"content\":" + notebook + "}");
    assertThat(saved.statusCode()).isEqualTo(201);
    JsonObject model = fixture.object("GET", "/api/contents/a.ipynb", null);
    assertThat(model.fieldNames())
        .containsExactlyInAnyOrder(
            "name",
            "path",
            "last_modified",
            "created",
            "content",
            "format",
            "mimetype",
            "size",
            "writable",
            "type",
            "hash",
            "hash_algorithm");
    assertThat(model.getJsonObject("content")).isEqualTo(new JsonObject(notebook));
    assertThat(Files.readString(fixture.content.resolve("a.ipynb")))
        .startsWith("{\n \"cells\": [\n  {\n   \"cell_type\": \"code\"")
        .contains("1.50");
    assertThat(fixture.object("GET", "/api/contents/a.ipynb?content=0", null).getValue("content"))
        .isNull();
    assertThat(status("PUT", "/api/contents/bad.ipynb", "{\"type\":\"notebook\",\"content\":{}}"))
        .isEqualTo(400);
    String bytes = Base64.getEncoder().encodeToString(new byte[] {(byte) 0xff, 0, 1});
    fixture.ask(
        "PUT",
        "/api/contents/b.bin",
        "{\"type\":\"file\",\"format\":\"base64\",\"content\":\"" + bytes + "\"}");
    assertThat(fixture.object("GET", "/api/contents/b.bin", null).getString("format"))
        .isEqualTo("base64");
    assertThat(status("GET", "/api/contents/b.bin?format=text", null)).isEqualTo(400);
    assertThat(status("GET", "/api/contents/b.bin?type=directory", null)).isEqualTo(400);
    assertThat(status("GET", "/api/contents/b.bin?type=nonsense", null)).isEqualTo(400);
    JsonObject root = fixture.object("GET", "/api/contents", null);
    assertThat(root.getString("path")).isEmpty();
    assertThat(root.getJsonArray("content")).hasSize(2);
    JsonObject copy = fixture.object("POST", "/api/contents", "{\"copy_from\":\"b.bin\"}");
    assertThat(copy.getString("name")).isEqualTo("b-Copy1.bin");
    assertThat(
            fixture.object("POST", "/api/contents", "{\"type\":\"directory\"}").getString("path"))
        .isEqualTo("Untitled Folder");
    assertThat(
            fixture
                .object("PATCH", "/api/contents/b.bin", "{\"path\":\"Untitled Folder/c.bin\"}")
                .getString("path"))
        .isEqualTo("Untitled Folder/c.bin");
    assertThat(status("PATCH", "/api/contents/a.ipynb", "{\"path\":\"b-Copy1.bin\"}"))
        .isEqualTo(409);
    assertThat(status("POST", "/api/contents/a.ipynb/checkpoints", null)).isEqualTo(201);
    Files.writeString(fixture.content.resolve("a.ipynb"), "lost");
    assertThat(status("POST", "/api/contents/a.ipynb/checkpoints/checkpoint", null)).isEqualTo(204);
    assertThat(fixture.object("GET", "/api/contents/a.ipynb", null).getJsonObject("content"))
        .isEqualTo(new JsonObject(notebook));
    assertThat(status("DELETE", "/api/contents/Untitled%20Folder", null)).isEqualTo(204);
    assertThat(status("GET", "/api/contents/Untitled%20Folder/c.bin", null)).isEqualTo(404);
  }

  @Test
  void refusesABodyThatIsTooLarge() {
    assertThat(fixture.ask("PUT", "/api/contents/a.txt", "x".repeat(50 << 20)).statusCode())
        .isEqualTo(413);
  }

  @Test
  void takesLargeContentOneAfterTheOtherAndKeepsNoMemory() {
    String text = "y".repeat(12 << 20);
    String body = "{\"type\":\"file\",\"format\":\"text\",\"content\":\"" + text + "\"}";
    for (int round = 0; round < 3; round++) {
      assertThat(fixture.ask("PUT", "/api/contents/large.txt", body).statusCode()).isLessThan(300);
      assertThat(fixture.object("GET", "/api/contents/large.txt", null).getString("content"))
          .hasSize(text.length());
    }
    assertThat(
            fixture
                .object("GET", "/api/contents/large.txt?format=base64", null)
                .getString("content"))
        .endsWith("\n")
        .startsWith("eXl5");
  }

  @Test
  void readsSmallBodiesOnlyWhereNoFileIsSent() {
    assertThat(fixture.ask("POST", "/api/sessions", "[".repeat(2 << 20)).statusCode())
        .isEqualTo(413);
    String bomb = "{\"type\":\"file\",\"chunk\":[" + "{},".repeat(1000) + "{}]}";
    assertThat(fixture.ask("PUT", "/api/contents/a.txt", bomb).statusCode()).isEqualTo(400);
  }
}
