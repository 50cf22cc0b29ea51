package dev.notebay.scheduler.kube;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.util.JsonParserSequence;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.util.TokenBuffer;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.WatchEvent;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a watch tells, which is most of what a scheduler of a busy cluster reads. The client's
 * own way makes a tree of every object before it makes the object; here the object is made while it
 * is read, as soon as its kind is known, which the API server says first.
 */
final class WatchEvents extends StdDeserializer<WatchEvent> {
  private static final long serialVersionUID = 1L;

  private final transient KubernetesSerialization serialization;

  private WatchEvents(KubernetesSerialization serialization) {
    super(WatchEvent.class);
    this.serialization = serialization;
  }

  /** Who wrote which field: of no use here, and half of many an object. */
  @JsonIgnoreProperties("managedFields")
  private interface WithoutManagedFields {}

  /** The client's own, but for what watches tell, and without who wrote which field. */
  static KubernetesSerialization serialization() {
    var mapper = new ObjectMapper();
    var serialization = new KubernetesSerialization(mapper, true);
    mapper.addMixIn(ObjectMeta.class, WithoutManagedFields.class);
    mapper.registerModule(
        new SimpleModule("watch-events")
            .addDeserializer(WatchEvent.class, new WatchEvents(serialization)));
    return serialization;
  }

  @Override
  public WatchEvent deserialize(JsonParser parser, DeserializationContext context)
      throws IOException {
    var event = new WatchEvent();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = parser.currentName();
      parser.nextToken();
      switch (field) {
        case "type" -> event.setType(parser.getText());
        case "object" -> event.setObject(object(parser, context));
        default -> parser.skipChildren();
      }
    }
    return event;
  }

  private Object object(JsonParser parser, DeserializationContext context) throws IOException {
    TokenBuffer read = context.bufferForInputBuffering(parser);
    read.writeStartObject();
    @Nullable String version = null;
    @Nullable String kind = null;
    while ((version == null || kind == null) && parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = parser.currentName();
      parser.nextToken();
      switch (field) {
        case "apiVersion" -> version = parser.getText();
        case "kind" -> kind = parser.getText();
        default -> {}
      }
      read.writeFieldName(field);
      read.copyCurrentStructure(parser);
    }
    if (version == null || kind == null) {
      read.writeEndObject();
    }
    JsonParser whole = JsonParserSequence.createFlattened(false, read.asParser(parser), parser);
    whole.nextToken();
    return context.readValue(whole, type(version, kind));
  }

  private Class<?> type(@Nullable String version, @Nullable String kind) {
    return Optional.<Class<?>>ofNullable(
            serialization.getRegisteredKubernetesResource(
                Objects.requireNonNullElse(version, ""), Objects.requireNonNullElse(kind, "")))
        .orElse(GenericKubernetesResource.class);
  }
}
