package dev.notebay.scheduler.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.math.BigDecimal;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Expectations as the tables of Kubernetes' own component-helpers have them. */
class PodRequestsTest {

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          containers add up | containers: [{name: a, resources: {requests: {cpu: 1, memory: 1Gi}}}, {name: b, resources: {requests: {cpu: 500m}}}] | cpu=1.5 memory=1073741824
          nothing requested | containers: [{name: a}] | ''
          limits alone do not count | containers: [{name: a, resources: {limits: {cpu: 1}}}] | ''
          an init container that wants more | {containers: [{name: a, resources: {requests: {cpu: 1, memory: 1M}}}], initContainers: [{name: i, resources: {requests: {cpu: 3}}}]} | cpu=3 memory=1000000
          init containers run one by one | {containers: [{name: a, resources: {requests: {cpu: 1}}}], initContainers: [{name: i, resources: {requests: {cpu: 2}}}, {name: j, resources: {requests: {cpu: 2}}}]} | cpu=2
          a sidecar runs on | {containers: [{name: a, resources: {requests: {cpu: 1}}}], initContainers: [{name: s, restartPolicy: Always, resources: {requests: {cpu: 2}}}]} | cpu=3
          an init container after a sidecar | {containers: [{name: a, resources: {requests: {cpu: 1}}}], initContainers: [{name: s, restartPolicy: Always, resources: {requests: {cpu: 2}}}, {name: i, resources: {requests: {cpu: 5}}}]} | cpu=7
          an init container before a sidecar | {containers: [{name: a, resources: {requests: {cpu: 1}}}], initContainers: [{name: i, resources: {requests: {cpu: 5}}}, {name: s, restartPolicy: Always, resources: {requests: {cpu: 2}}}]} | cpu=5
          overhead of the runtime class | {overhead: {cpu: 250m, memory: 10M}, containers: [{name: a, resources: {requests: {cpu: 1}}}]} | cpu=1.25 memory=10000000
          requests of the pod as a whole | {resources: {requests: {cpu: 4}}, containers: [{name: a, resources: {requests: {cpu: 1, nvidia.com/gpu: 2}}}]} | cpu=4 nvidia.com/gpu=2
          """)
  void addsUpAsKubernetesDoes(String what, String spec, String sum) {
    assertThat(sum("{spec: {" + unwrapped(spec) + "}}")).as(what).isEqualTo(sum);
  }

  @ParameterizedTest(name = "asked {0}, has {1}")
  @CsvSource({"1, 2, cpu=2", "3, 2, cpu=3"})
  void countsAResizeWithTheGreaterOfBoth(String asked, String has, String sum) {
    assertThat(
            sum(
                "{spec: {containers: [{name: a, resources: {requests: {cpu: "
                    + asked
                    + "}}}]}, status: {containerStatuses: [{name: a, allocatedResources: {cpu: "
                    + has
                    + "}}]}}"))
        .isEqualTo(sum);
  }

  private static String unwrapped(String spec) {
    return spec.startsWith("{") ? spec.substring(1, spec.length() - 1) : spec;
  }

  private static String sum(String pod) {
    return new TreeMap<>(PodRequests.of(Serialization.unmarshal("---\n" + pod, Pod.class)))
        .entrySet().stream()
            .map(each -> each.getKey() + "=" + plain(each.getValue()))
            .collect(Collectors.joining(" "));
  }

  private static String plain(BigDecimal amount) {
    return amount.stripTrailingZeros().toPlainString();
  }
}
