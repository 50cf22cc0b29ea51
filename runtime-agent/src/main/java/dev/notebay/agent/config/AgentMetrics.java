package dev.notebay.agent.config;

import dev.notebay.agent.control.SchedulerLink;
import dev.notebay.agent.core.kernel.ExecutionState;
import dev.notebay.agent.core.kernel.KernelCounters;
import dev.notebay.agent.core.kernel.Kernels;
import dev.notebay.agent.core.wire.Channel;
import dev.notebay.agent.jupyter.Rooms;
import dev.notebay.agent.jupyter.Traffic;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** The agent's metrics; made when they are first read, because most agents are never asked. */
final class AgentMetrics {
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

  AgentMetrics(
      Kernels kernels,
      Supplier<KernelCounters> counters,
      Rooms rooms,
      Traffic traffic,
      SchedulerLink link,
      Map<String, LongAdder> endRequests,
      Duration start) {
    Gauge.builder("notebay_agent_start", start, duration -> duration.toNanos() / 1e9)
        .description("From the start of the agent's process to its server answering")
        .baseUnit("seconds")
        .register(registry);
    for (ExecutionState state : ExecutionState.values()) {
      Gauge.builder(
              "notebay_agent_kernels",
              kernels,
              all -> all.list().stream().filter(kernel -> kernel.state() == state).count())
          .description("Kernels by state")
          .tag("state", state.wireName())
          .register(registry);
    }
    count(
        "kernel_starts",
        "Kernel processes started, restarts too",
        counters,
        KernelCounters::started);
    count("kernel_deaths", "Kernel processes that ended unasked", counters, KernelCounters::died);
    count("kernel_messages", "Messages taken from kernels", counters, KernelCounters::received);
    count(
        "kernel_messages_refused",
        "Messages of kernels refused: forged, replayed, truncated, too large",
        counters,
        KernelCounters::refused);
    FunctionCounter.builder("notebay_agent_journal", counters, of(KernelCounters::journalBytes))
        .description("Bytes written to journals")
        .baseUnit("bytes")
        .register(registry);
    Gauge.builder("notebay_agent_websocket_connections", rooms, Rooms::connected)
        .description("Clients connected by WebSocket")
        .register(registry);
    for (Channel channel : Channel.values()) {
      FunctionCounter.builder(
              "notebay_agent_websocket_messages", traffic, known -> known.toClients(channel))
          .description("Messages over WebSockets")
          .tags("channel", channel.wireName(), "to", "client")
          .register(registry);
      FunctionCounter.builder(
              "notebay_agent_websocket_messages", traffic, known -> known.toKernels(channel))
          .description("Messages over WebSockets")
          .tags("channel", channel.wireName(), "to", "kernel")
          .register(registry);
    }
    FunctionCounter.builder("notebay_agent_heartbeats", link, SchedulerLink::heartbeats)
        .description("Heartbeats sent to the scheduler")
        .register(registry);
    FunctionCounter.builder("notebay_agent_scheduler_dials", link, SchedulerLink::dials)
        .description("Times the scheduler was dialled")
        .register(registry);
    Gauge.builder("notebay_agent_scheduler_connected", link, it -> it.isConnected() ? 1 : 0)
        .description("1 while the scheduler listens")
        .register(registry);
    endRequests.forEach(
        (cause, requests) ->
            FunctionCounter.builder("notebay_agent_end_requests", requests, LongAdder::sum)
                .description("Times the agent wanted its session to end")
                .tag("cause", cause)
                .register(registry));
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
  }

  private void count(
      String name,
      String description,
      Supplier<KernelCounters> counters,
      ToDoubleFunction<KernelCounters> value) {
    FunctionCounter.builder("notebay_agent_" + name, counters, of(value))
        .description(description)
        .register(registry);
  }

  private static ToDoubleFunction<Supplier<KernelCounters>> of(
      ToDoubleFunction<KernelCounters> value) {
    return counters -> value.applyAsDouble(counters.get());
  }

  String scrape() {
    return registry.scrape();
  }
}
