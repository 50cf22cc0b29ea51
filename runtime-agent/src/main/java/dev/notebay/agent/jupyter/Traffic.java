package dev.notebay.agent.jupyter;

import dev.notebay.agent.core.wire.Channel;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** How many messages went over WebSockets; only ever grows. */
public final class Traffic {
  private final Map<Channel, LongAdder> toClients = adders();
  private final Map<Channel, LongAdder> toKernels = adders();

  private static Map<Channel, LongAdder> adders() {
    Map<Channel, LongAdder> adders = new EnumMap<>(Channel.class);
    for (Channel channel : Channel.values()) {
      adders.put(channel, new LongAdder());
    }
    return adders;
  }

  void sentToClient(Channel channel) {
    adder(toClients, channel).increment();
  }

  void sentToKernel(Channel channel) {
    adder(toKernels, channel).increment();
  }

  public long toClients(Channel channel) {
    return adder(toClients, channel).sum();
  }

  public long toKernels(Channel channel) {
    return adder(toKernels, channel).sum();
  }

  private static LongAdder adder(Map<Channel, LongAdder> adders, Channel channel) {
    return java.util.Objects.requireNonNull(adders.get(channel));
  }
}
