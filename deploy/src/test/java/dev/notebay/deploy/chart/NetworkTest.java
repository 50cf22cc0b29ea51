package dev.notebay.deploy.chart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.deploy.chart.Chart.Cluster;
import dev.notebay.deploy.chart.NetworkRules.End;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NetworkTest {
  private static final NetworkRules SMALL =
      new NetworkRules(Chart.rendered(Cluster.SMALL, NetworkPolicy.class).toList());
  private static final NetworkRules LARGE =
      new NetworkRules(Chart.rendered(Cluster.LARGE, NetworkPolicy.class).toList());

  private static End end(Cluster cluster, String name) {
    String sessions = cluster == Cluster.SMALL ? "notebay-sessions" : "research-sessions";
    return switch (name) {
      case "session" -> new End(sessions, Map.of("notebay.dev/session", "a"), "10.244.1.5");
      case "neighbour" -> new End(sessions, Map.of("notebay.dev/session", "b"), "10.244.1.6");
      case "scheduler", "storage-gateway" ->
          new End(
              "notebay",
              Map.of(
                  "app.kubernetes.io/name",
                  "notebay",
                  "app.kubernetes.io/instance",
                  "notebay",
                  "app.kubernetes.io/component",
                  name),
              "10.244.2.5");
      case "dns" -> new End("kube-system", Map.of("k8s-app", "kube-dns"), "10.244.0.2");
      case "prometheus" -> new End("monitoring", Map.of("app", "prometheus"), "10.244.3.5");
      case "proxy" -> new End("jupyter-proxy", Map.of(), "10.244.4.5");
      case "portal" -> new End("portal", Map.of(), "10.244.5.5");
      case "stranger" -> new End("default", Map.of(), "10.244.6.5");
      default -> End.outside(name);
    };
  }

  @ParameterizedTest(name = "{0} to {1}:{2}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # from           | to                   | port  | small | large
          session          | dns                  | 53    | true  | true
          session          | dns                  | 443   | false | false
          session          | scheduler            | 7410  | true  | true
          session          | scheduler            | 7411  | false | false
          session          | storage-gateway      | 7412  | false | false
          session          | neighbour            | 8888  | false | false
          session          | prometheus           | 9090  | false | false
          session          | 93.184.216.34        | 443   | true  | true
          session          | 2606:2800:220:1::1   | 443   | true  | true
          session          | 169.254.169.254      | 80    | false | false
          session          | fd00:ec2::254        | 80    | false | false
          session          | fe80::1              | 80    | false | false
          session          | 10.96.0.1            | 443   | false | false
          session          | 172.20.0.1           | 443   | false | false
          session          | 192.168.1.10         | 5432  | false | false
          session          | 100.64.0.1           | 10250 | false | false
          session          | 127.0.0.1            | 8080  | false | false
          session          | 203.0.113.7          | 6443  | true  | false
          session          | 10.20.3.4            | 443   | false | true
          session          | 10.20.3.4            | 22    | false | false
          stranger         | session              | 8888  | false | false
          proxy            | session              | 8888  | false | true
          proxy            | session              | 22    | false | false
          prometheus       | session              | 8888  | false | true
          scheduler        | session              | 8888  | false | false
          93.184.216.34    | session              | 8888  | false | false
          stranger         | scheduler            | 7410  | true  | false
          portal           | scheduler            | 7410  | true  | true
          portal           | storage-gateway      | 7412  | true  | true
          scheduler        | storage-gateway      | 7412  | true  | true
          prometheus       | scheduler            | 7411  | false | true
          stranger         | scheduler            | 7411  | false | false
          """)
  void onlyTheseReachEachOther(String from, String to, int port, boolean small, boolean large) {
    assertThat(SMALL.allow(end(Cluster.SMALL, from), end(Cluster.SMALL, to), port))
        .as("in the small cluster")
        .isEqualTo(small);
    assertThat(LARGE.allow(end(Cluster.LARGE, from), end(Cluster.LARGE, to), port))
        .as("in the large cluster")
        .isEqualTo(large);
  }
}
