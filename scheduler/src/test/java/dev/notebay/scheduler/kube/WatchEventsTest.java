package dev.notebay.scheduler.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.WatchEvent;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import org.junit.jupiter.api.Test;

class WatchEventsTest {
  private final KubernetesSerialization serialization = WatchEvents.serialization();

  private WatchEvent read(String object) {
    return serialization.unmarshal(
        "{\"type\":\"MODIFIED\",\"object\":" + object + "}", WatchEvent.class);
  }

  @Test
  void anObjectIsOfItsKindAndWholeButForWhoWroteIt() {
    WatchEvent event =
        read(
            """
            {"kind": "Pod", "apiVersion": "v1",
             "metadata": {"name": "a", "labels": {"b": "c"}, "managedFields": [{"manager": "d"}]},
             "spec": {"nodeName": "e", "fieldOfTheFuture": {"f": [1]}}, "status": {"phase": "Running"}}
            """);

    assertThat(event.getType()).isEqualTo("MODIFIED");
    assertThat(serialization.asJson(event.getObject()))
        .isEqualTo(
            """
            {"apiVersion":"v1","kind":"Pod","metadata":{"labels":{"b":"c"},"name":"a"},\
            "spec":{"nodeName":"e","fieldOfTheFuture":{"f":[1]}},"status":{"phase":"Running"}}""");
    assertThat(event.getObject()).isInstanceOf(Pod.class);
  }

  @Test
  void itsKindMayComeLastOrBeUnknownOrMissing() {
    assertThat(read("{\"metadata\": {\"name\": \"a\"}, \"apiVersion\": \"v1\", \"kind\": \"Pod\"}"))
        .extracting(WatchEvent::getObject)
        .isInstanceOfSatisfying(
            Pod.class, pod -> assertThat(pod.getMetadata().getName()).isEqualTo("a"));
    for (String object :
        new String[] {
          "{\"kind\": \"K\", \"apiVersion\": \"g/v1\", \"metadata\": {\"resourceVersion\": \"7\"}}",
          "{\"metadata\": {\"resourceVersion\": \"7\"}}"
        }) {
      assertThat(read(object).getObject())
          .isInstanceOfSatisfying(
              GenericKubernetesResource.class,
              any -> assertThat(any.getMetadata().getResourceVersion()).isEqualTo("7"));
    }
  }

  @Test
  void anErrorIsAStatus() {
    assertThat(read("{\"kind\": \"Status\", \"apiVersion\": \"v1\", \"code\": 410}").getObject())
        .isInstanceOfSatisfying(
            Status.class, status -> assertThat(status.getCode()).isEqualTo(410));
  }
}
