package dev.notebay.agent.config;

import static dev.notebay.agent.FakeScheduler.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.agent.FakeKernels;
import dev.notebay.agent.FakeScheduler;
import dev.notebay.agent.control.Identity;
import dev.notebay.agent.core.kernel.KernelCounters;
import dev.notebay.proto.runtime.v1.ConnectRequest;
import dev.notebay.proto.runtime.v1.ConnectResponse;
import dev.notebay.proto.runtime.v1.Heartbeat;
import dev.notebay.proto.runtime.v1.Policy;
import dev.notebay.proto.runtime.v1.Stop;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class AgentLifeTest {
  @TempDir Path directory;
  private final FakeKernels kernels = new FakeKernels();
  private final List<Integer> exits = new CopyOnWriteArrayList<>();

  private Agent agent(int schedulerPort) throws IOException {
    Path state = Files.createDirectories(directory.resolve("agent"));
    var settings =
        new AgentSettings(
            new Identity(new UUID(1, 1), 1, "uid"),
            () -> "secret",
            "127.0.0.1:" + schedulerPort,
            "https://issuer.example",
            "https://issuer.example/keys",
            "127.0.0.1",
            0,
            "127.0.0.1",
            "python3",
            Files.createDirectories(directory.resolve("content")),
            Optional.empty(),
            Path.of("/mnt/volume"),
            OptionalLong.empty(),
            Optional.empty(),
            AgentSettings.JOURNAL_LIMIT);
    return new Agent(
        settings,
        state,
        new Agent.KernelSide(
            kernels, FakeKernels.specs(), () -> new KernelCounters(0, 0, 0, 0, 0), () -> {}),
        exits::add);
  }

  private JsonObject end() throws IOException {
    return new JsonObject(Files.readString(directory.resolve("agent/end.json")));
  }

  private static Policy idleAfter(int seconds, long generation) {
    return Policy.newBuilder()
        .setGeneration(generation)
        .setIdleTimeout(com.google.protobuf.Duration.newBuilder().setSeconds(seconds))
        .build();
  }

  @Test
  void stopsKernelsAndExitsWhenTheSchedulerSaysStop() throws Exception {
    try (var scheduler = FakeScheduler.start()) {
      kernels.start(Optional.empty(), "python3", "");
      agent(scheduler.port()).start();
      scheduler.next(ConnectRequest::hasHeartbeat);
      scheduler.say(
          ConnectResponse.newBuilder()
              .setStop(Stop.newBuilder().setReason("IDLE_TIMEOUT").setMessage("Unused."))
              .build());
      await(() -> !exits.isEmpty());
    }
    assertThat(exits).containsExactly(0);
    assertThat(kernels.calls).containsExactly("start", "shutdown");
    assertThat(end())
        .isEqualTo(new JsonObject().put("reason", "IDLE_TIMEOUT").put("message", "Unused."));
  }

  @Test
  void exitsWhenItsClaimIsRefused() throws Exception {
    try (var scheduler = FakeScheduler.start().refuses()) {
      agent(scheduler.port()).start();
      await(() -> !exits.isEmpty());
    }
    assertThat(exits).containsExactly(0);
    assertThat(end().getString("reason")).isEqualTo("CLAIM_REFUSED");
  }

  @Test
  void followsTheNewerPolicyOnly() throws Exception {
    try (var scheduler = FakeScheduler.start().grants(idleAfter(1000, 5))) {
      Agent agent = agent(scheduler.port());
      agent.start();
      scheduler.next(ConnectRequest::hasHeartbeat);
      scheduler.say(ConnectResponse.newBuilder().setPolicy(idleAfter(7000, 6)).build());
      scheduler.say(ConnectResponse.newBuilder().setPolicy(idleAfter(10, 4)).build());
      Heartbeat after =
          scheduler
              .next(said -> said.hasHeartbeat() && seconds(said.getHeartbeat()) > 1000)
              .getHeartbeat();
      assertThat(seconds(after)).isBetween(6900L, 7000L);
      Heartbeat last = scheduler.next(ConnectRequest::hasHeartbeat).getHeartbeat();
      assertThat(seconds(last)).isBetween(6900L, 7000L);
      agent.close();
    }
  }

  private static long seconds(Heartbeat heartbeat) {
    return heartbeat.getActivity().getStopTime().getSeconds()
        - heartbeat.getActivity().getLastActiveTime().getSeconds();
  }

  @Test
  void servesAfterARestartThoughTheSchedulerIsAway() throws Exception {
    int port;
    try (var scheduler = FakeScheduler.start()) {
      port = scheduler.port();
      Agent first = agent(port);
      first.start();
      await(() -> first.owner().isPresent());
      await(() -> Files.exists(directory.resolve("agent/claim.json")));
      first.close();
    }
    Agent again = agent(port);
    again.start();
    assertThat(again.owner()).contains("alice");
    again.close();
  }

  @Test
  void goesOnWhenTheClaimCannotBeKept() throws Exception {
    // A directory in its place makes every write fail, as a full disk does.
    Files.createDirectories(directory.resolve("agent/claim.json/full"));
    try (var scheduler = FakeScheduler.start()) {
      Agent agent = agent(scheduler.port());
      agent.start();
      scheduler.next(ConnectRequest::hasReady);
      scheduler.next(ConnectRequest::hasHeartbeat);
      assertThat(agent.owner()).contains("alice");
      agent.close();
    }
  }
}
