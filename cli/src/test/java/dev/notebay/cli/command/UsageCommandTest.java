package dev.notebay.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import dev.notebay.cli.fake.RecordedTerminal;
import dev.notebay.proto.usage.v1.BudgetStatus;
import dev.notebay.proto.usage.v1.GetUsageRequest;
import dev.notebay.proto.usage.v1.GetUsageRequest.Dimension;
import dev.notebay.proto.usage.v1.GetUsageResponse;
import dev.notebay.proto.usage.v1.Usage;
import dev.notebay.proto.usage.v1.UsageServiceGrpc.UsageServiceImplBase;
import dev.notebay.rpc.BearerAuthentication;
import dev.notebay.rpc.Caller;
import dev.notebay.rpc.ErrorMapping;
import dev.notebay.rpc.GrpcEndpoint;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UsageCommandTest {
  @TempDir Path directory = Path.of("");
  private final BlockingQueue<GetUsageRequest> asked = new LinkedBlockingQueue<>();
  private final GrpcEndpoint endpoint;
  private final RecordedTerminal terminal = RecordedTerminal.piped();

  UsageCommandTest() throws IOException {
    endpoint =
        GrpcEndpoint.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            List.of(new FakeUsage()),
            new BearerAuthentication(Map.of(), _ -> Optional.of(new Caller("ada", Set.of()))),
            new ErrorMapping(
                failure -> {
                  throw failure;
                }));
  }

  private final class FakeUsage extends UsageServiceImplBase {
    @Override
    public void getUsage(GetUsageRequest request, StreamObserver<GetUsageResponse> answer) {
      asked.add(request);
      answer.onNext(
          GetUsageResponse.newBuilder()
              .addRows(
                  usage(3600, 250_000_000, 1500)
                      .setQueue("queues/research")
                      .setAccelerator("nvidia-t4"))
              .setTotal(usage(3600, 250_000_000, 1500))
              .addBudgets(
                  BudgetStatus.newBuilder()
                      .setQueue("queues/research")
                      .setBudget(Duration.newBuilder().setSeconds(7200))
                      .setLeft(Duration.newBuilder().setSeconds(3599).setNanos(750_000_000))
                      .setPeriodEndTime(Timestamp.newBuilder().setSeconds(86_400)))
              .build());
      answer.onCompleted();
    }
  }

  private static Usage.Builder usage(long seconds, int nanos, long rate) {
    return Usage.newBuilder()
        .setGpuTime(Duration.newBuilder().setSeconds(seconds).setNanos(nanos))
        .setRateMilli(rate);
  }

  @AfterEach
  void stop() {
    endpoint.close();
  }

  private int run(String... arguments) {
    return Main.run(
        List.of(arguments),
        Map.of(
            "NOTEBAY_HOME",
            directory.resolve("home").toString(),
            "NOTEBAY_TOKEN",
            "ada's",
            "NOTEBAY_SCHEDULER_GRPC",
            "127.0.0.1:" + endpoint.port()),
        terminal.terminal());
  }

  @Test
  void showsWhatWasUsedExactlyAndWhatIsLeft() {
    assertThat(run("usage")).isZero();

    assertThat(terminal.out().lines())
        .containsExactly(
            "QUEUE     ACCELERATOR  GPU TIME  GPU-SECONDS  NOW",
            "research  nvidia-t4    1h        3600.25      1.5",
            "total                  1h        3600.25      1.5",
            "budget in research: 3599.75 of 7200 GPU-seconds left until 1970-01-02T00:00:00Z");
  }

  @Test
  void asksForWhatWasTyped() throws InterruptedException {
    assertThat(
            run(
                "usage",
                "--user",
                "bob",
                "--queue",
                "research",
                "--since",
                "24h",
                "--by",
                "user",
                "--accelerator",
                "nvidia-t4",
                "--json"))
        .isZero();

    GetUsageRequest request = asked.take();
    assertThat(request.getUser()).isEqualTo("bob");
    assertThat(request.getQueue()).isEqualTo("queues/research");
    assertThat(request.getAccelerator()).isEqualTo("nvidia-t4");
    assertThat(request.getGroupByList()).containsExactly(Dimension.DIMENSION_USER);
    assertThat(request.hasEndTime()).isFalse();
    assertThat(terminal.out()).contains("\"gpu_time\": \"3600.250s\"");
  }
}
