package dev.notebay.deploy.chart;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.networking.v1.IPBlock;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a network that enforces NetworkPolicies lets through: a connection that both ends allow.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/services-networking/network-policies/">Network
 *     Policies</a>
 */
record NetworkRules(List<NetworkPolicy> policies) {

  /**
   * One end of a connection.
   *
   * @param namespace empty for what is no pod
   */
  record End(String namespace, Map<String, String> labels, String address) {
    static End outside(String address) {
      return new End("", Map.of(), address);
    }

    private boolean isPod() {
      return !namespace.isEmpty();
    }
  }

  boolean allow(End source, End destination, int port) {
    return leaves(source, destination, port) && enters(source, destination, port);
  }

  private boolean leaves(End source, End destination, int port) {
    List<NetworkPolicy> selecting = selecting(source, "Egress");
    return selecting.isEmpty()
        || selecting.stream()
            .flatMap(policy -> policy.getSpec().getEgress().stream())
            .anyMatch(
                rule ->
                    onPort(rule.getPorts(), port)
                        && isOneOf(rule.getTo(), destination, source.namespace()));
  }

  private boolean enters(End source, End destination, int port) {
    List<NetworkPolicy> selecting = selecting(destination, "Ingress");
    return selecting.isEmpty()
        || selecting.stream()
            .flatMap(policy -> policy.getSpec().getIngress().stream())
            .anyMatch(
                rule ->
                    onPort(rule.getPorts(), port)
                        && isOneOf(rule.getFrom(), source, destination.namespace()));
  }

  private List<NetworkPolicy> selecting(End end, String direction) {
    return policies.stream()
        .filter(policy -> policy.getMetadata().getNamespace().equals(end.namespace()))
        .filter(policy -> policy.getSpec().getPolicyTypes().contains(direction))
        .filter(policy -> matches(policy.getSpec().getPodSelector(), end.labels()))
        .toList();
  }

  private static boolean onPort(List<NetworkPolicyPort> ports, int port) {
    return ports.isEmpty()
        || ports.stream().anyMatch(each -> each.getPort().getIntVal().equals(port));
  }

  private static boolean isOneOf(List<NetworkPolicyPeer> peers, End end, String home) {
    return peers.isEmpty() || peers.stream().anyMatch(peer -> is(peer, end, home));
  }

  private static boolean is(NetworkPolicyPeer peer, End end, String home) {
    if (peer.getIpBlock() != null) {
      return contains(peer.getIpBlock(), end.address());
    }
    boolean there =
        peer.getNamespaceSelector() == null
            ? end.namespace().equals(home)
            : matches(
                peer.getNamespaceSelector(),
                Map.of("kubernetes.io/metadata.name", end.namespace()));
    return end.isPod() && there && matches(peer.getPodSelector(), end.labels());
  }

  private static boolean matches(@Nullable LabelSelector selector, Map<String, String> labels) {
    if (selector == null) {
      return true;
    }
    if (!selector.getMatchExpressions().isEmpty()) {
      throw new IllegalArgumentException("not understood: " + selector);
    }
    return selector.getMatchLabels() == null
        || labels.entrySet().containsAll(selector.getMatchLabels().entrySet());
  }

  private static boolean contains(IPBlock block, String address) {
    return isIn(block.getCidr(), address)
        && block.getExcept().stream().noneMatch(each -> isIn(each, address));
  }

  private static boolean isIn(String range, String address) {
    try {
      String[] parts = range.split("/", 2);
      byte[] network = InetAddress.getByName(parts[0]).getAddress();
      byte[] host = InetAddress.getByName(address).getAddress();
      int rest = network.length * Byte.SIZE - Integer.parseInt(parts[1]);
      return network.length == host.length
          && new BigInteger(1, network)
              .shiftRight(rest)
              .equals(new BigInteger(1, host).shiftRight(rest));
    } catch (UnknownHostException malformed) {
      throw new IllegalArgumentException(range, malformed);
    }
  }
}
