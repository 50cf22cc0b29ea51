package dev.notebay.cli.notebook;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutputsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private final ArrayNode list = JSON.createArrayNode();
  private final Outputs outputs = new Outputs(list);

  @Test
  void piecesOfOneStreamAreOneOutputSplitIntoLines() {
    outputs.stream("stdout", "a");
    outputs.stream("stdout", "b\nc");
    outputs.stream("stdout", "d\n");
    outputs.finish();
    assertThat(list).hasToString("[" + stream("stdout", "\"ab\\n\",\"cd\\n\"") + "]");
  }

  @Test
  void anotherStreamOrAResultBetweenKeepsThemApart() {
    outputs.stream("stdout", "1\n");
    outputs.stream("stderr", "2\n");
    outputs.display("display_data", json("{'data':{'text/plain':'x'},'metadata':{}}"));
    outputs.stream("stdout", "3\n");
    outputs.finish();
    assertThat(list).hasSize(4);
    assertThat(list.get(0)).hasToString(stream("stdout", "\"1\\n\""));
    assertThat(list.get(3)).hasToString(stream("stdout", "\"3\\n\""));
  }

  @Test
  void aStreamGoesOnAfterTheListWasComplete() {
    outputs.stream("stdout", "a");
    outputs.finish();
    outputs.stream("stdout", "b");
    outputs.finish();
    assertThat(list).hasToString("[" + stream("stdout", "\"ab\"") + "]");
  }

  @Test
  void aClearEmptiesAtOnce() {
    outputs.stream("stdout", "old\n");
    outputs.clear(false);
    outputs.finish();
    assertThat(list).isEmpty();
  }

  @Test
  void aWaitingClearEmptiesWhenTheNextOutputComes() {
    outputs.stream("stdout", "old\n");
    outputs.clear(true);
    outputs.finish();
    assertThat(list).hasSize(1);
    outputs.stream("stdout", "new\n");
    outputs.finish();
    assertThat(list).hasToString("[" + stream("stdout", "\"new\\n\"") + "]");
  }

  @Test
  void aDisplayWithAnIdIsChangedLater() {
    String shown = "{'data':{'text/plain':'%s'},'metadata':{},'transient':{'display_id':'d'}}";
    outputs.display("display_data", json(shown.formatted("1%")));
    outputs.updateDisplay("d", json(shown.formatted("100%")));
    outputs.updateDisplay("other", json(shown.formatted("no")));
    assertThat(list.get(0).path("data").path("text/plain").get(0).asText()).isEqualTo("100%");
    assertThat(list.get(0).has("transient")).isFalse();
  }

  @Test
  void aResultKeepsItsCountAndAnErrorItsTraceback() {
    outputs.display(
        "execute_result", json("{'execution_count':3,'data':{'image/png':'AA=='},'metadata':{}}"));
    outputs.error("ValueError", "no", List.of("line 1", "line 2"));
    assertThat(list.get(0).path("execution_count").asInt()).isEqualTo(3);
    assertThat(list.get(0).path("data").path("image/png").asText()).isEqualTo("AA==");
    assertThat(list.get(1).path("traceback")).hasSize(2);
  }

  private static String stream(String name, String lines) {
    return "{\"output_type\":\"stream\",\"name\":\"" + name + "\",\"text\":[" + lines + "]}";
  }

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text.replace('\'', '"'));
    } catch (com.fasterxml.jackson.core.JsonProcessingException wrong) {
      throw new IllegalArgumentException(text, wrong);
    }
  }
}
