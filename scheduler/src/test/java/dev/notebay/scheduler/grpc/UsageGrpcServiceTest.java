package dev.notebay.scheduler.grpc;

import static dev.notebay.scheduler.core.Sessions.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import dev.notebay.proto.usage.v1.GetUsageRequest;
import dev.notebay.proto.usage.v1.GetUsageRequest.Dimension;
import dev.notebay.proto.usage.v1.GetUsageResponse;
import dev.notebay.proto.usage.v1.Usage;
import dev.notebay.proto.usage.v1.UsageServiceGrpc;
import dev.notebay.proto.usage.v1.UsageServiceGrpc.UsageServiceBlockingStub;
import dev.notebay.scheduler.core.queue.InMemoryQueueStore;
import dev.notebay.scheduler.core.queue.PresentQueues;
import dev.notebay.scheduler.core.queue.QueueSpec;
import dev.notebay.scheduler.core.queue.Queues;
import dev.notebay.scheduler.core.queue.UserLimits;
import dev.notebay.scheduler.core.request.UsageRequests;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionSpec;
import dev.notebay.scheduler.core.session.Sessions;
import dev.notebay.scheduler.postgres.PostgresLedger;
import dev.notebay.scheduler.postgres.PostgresSessionStore;
import dev.notebay.scheduler.postgres.RealPostgres;
import io.grpc.Status.Code;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The service over a real socket, on a real PostgreSQL; it is an hour after noon. */
class UsageGrpcServiceTest {
  private static final Instant NOW = NOON.plusSeconds(3600);
  private static RealPostgres postgres;

  private ServedApi api;
  private SessionId adas;
  private SessionId bobs;

  @BeforeAll
  static void startDatabase() throws Exception {
    postgres = RealPostgres.start();
  }

  @AfterAll
  static void stopDatabase() throws Exception {
    postgres.close();
  }

  @BeforeEach
  void start() throws Exception {
    postgres.empty();
    var queues = new InMemoryQueueStore();
    queues.replace(
        Queues.of(
            List.of(
                QueueSpec.named("research")
                    .limiting(
                        new UserLimits(
                            OptionalInt.empty(),
                            OptionalLong.empty(),
                            Optional.of(
                                new UserLimits.Budget(1800, java.time.Duration.ofDays(1))))))),
        0);
    api =
        ServedApi.start(
            new UsageGrpcService(
                new UsageRequests(
                    new PostgresLedger(postgres.database()), new PresentQueues(queues)),
                () -> NOW));
    adas = used("ada", "research", "nvidia-t4", 0, 1200);
    used(adas, "nvidia-a100", 600, 900.25);
    bobs = used("bob", "default", "nvidia-t4", 0, 3600);
  }

  @AfterEach
  void stop() {
    api.close();
  }

  private static SessionId used(
      String owner, String queue, String type, double fromSecond, double untilSecond)
      throws Exception {
    SessionSpec spec = Sessions.specWithoutVolume();
    Session session =
        Session.queued(
            new SessionId(UUID.randomUUID()),
            new Owner(owner),
            new SessionSpec(
                "", spec.accelerator(), spec.compute(), Optional.empty(), spec.policy(), queue, 0),
            NOON);
    new PostgresSessionStore(postgres.database()).insert(session, Sessions.key(), 1000);
    used(session.id(), type, fromSecond, untilSecond);
    return session.id();
  }

  private static void used(SessionId session, String type, double from, double until)
      throws Exception {
    postgres.execute(
        """
        INSERT INTO scheduler.device_use
          (session_id, attempt, node, device, type, used_from, used_until)
        VALUES ('%s', 1, 'n', 'd', '%s',
          timestamptz '%s' + interval '%s s', timestamptz '%s' + interval '%s s')
        """
            .formatted(session, type, NOON, from, NOON, until));
  }

  private UsageServiceBlockingStub as(String token) {
    return api.as(token, UsageServiceGrpc::newBlockingStub);
  }

  private static GetUsageRequest request(UnaryOperator<GetUsageRequest.Builder> wanted) {
    return wanted.apply(GetUsageRequest.newBuilder()).build();
  }

  private static Duration seconds(long seconds, int nanos) {
    return Duration.newBuilder().setSeconds(seconds).setNanos(nanos).build();
  }

  private static Timestamp time(Instant instant) {
    return SessionMessages.timestamp(instant);
  }

  @Test
  void tellsPeopleTheirOwnByDefault() {
    GetUsageResponse usage =
        as("ada").getUsage(request(r -> r.addGroupBy(Dimension.DIMENSION_ACCELERATOR)));

    assertThat(usage.getTotal())
        .isEqualTo(Usage.newBuilder().setGpuTime(seconds(1500, 250_000_000)).build());
    assertThat(usage.getRowsList())
        .containsExactly(
            Usage.newBuilder().setAccelerator("nvidia-t4").setGpuTime(seconds(1200, 0)).build(),
            Usage.newBuilder()
                .setAccelerator("nvidia-a100")
                .setGpuTime(seconds(300, 250_000_000))
                .build());
    assertThat(usage.getEndTime()).isEqualTo(time(NOW));
    assertThat(usage.getStartTime()).isEqualTo(time(NOW.minusSeconds(30 * 86_400)));
  }

  @Test
  void tellsWhatIsLeftOfABudget() {
    GetUsageResponse usage = as("ada").getUsage(request(r -> r));

    assertThat(usage.getBudgetsList())
        .singleElement()
        .satisfies(
            budget -> {
              assertThat(budget.getQueue()).isEqualTo("queues/research");
              assertThat(budget.getBudget()).isEqualTo(seconds(1800, 0));
              assertThat(budget.getUsed()).isEqualTo(seconds(1500, 250_000_000));
              assertThat(budget.getLeft()).isEqualTo(seconds(299, 750_000_000));
              assertThat(budget.getPeriodStartTime())
                  .isEqualTo(time(Instant.parse("2026-01-01T00:00:00Z")));
              assertThat(budget.getPeriodEndTime())
                  .isEqualTo(time(Instant.parse("2026-01-02T00:00:00Z")));
            });
    assertThat(as("ada").getUsage(request(r -> r.setQueue("queues/default"))).getBudgetsList())
        .isEmpty();
  }

  @Test
  void countsOnlyWhatLiesInTheRange() {
    GetUsageResponse usage =
        as("ada")
            .getUsage(
                request(
                    r ->
                        r.setStartTime(time(NOON.plusSeconds(700)))
                            .setEndTime(time(NOON.plusSeconds(800)))));

    assertThat(usage.getTotal().getGpuTime()).isEqualTo(seconds(200, 0));
  }

  @Test
  void tellsAdminsAnybodysAndEverybodys() {
    assertThat(as("admin-eve").getUsage(request(r -> r.setUser("bob"))).getTotal().getGpuTime())
        .isEqualTo(seconds(3600, 0));
    assertThat(
            as("admin-eve")
                .getUsage(request(r -> r.setUser("-").addGroupBy(Dimension.DIMENSION_USER)))
                .getRowsList())
        .extracting(Usage::getUser)
        .containsExactly("bob", "ada");
    assertThat(as("admin-eve").getUsage(request(r -> r)).getTotal().getGpuTime())
        .isEqualTo(seconds(0, 0));
  }

  @Test
  void tellsNobodyElseAboutOthers() {
    for (String token : List.of("ada", "service-gateway", "agent-x")) {
      for (String user : List.of("bob", "-")) {
        var failure = ServedApi.failure(() -> as(token).getUsage(request(r -> r.setUser(user))));

        assertThat(failure.getStatus().getCode()).isEqualTo(Code.PERMISSION_DENIED);
        assertThat(ServedApi.info(failure).getReason()).isEqualTo("ADMIN_REQUIRED");
      }
    }
    // By the name of another's session neither.
    assertThat(
            as("ada")
                .getUsage(request(r -> r.setSession("sessions/" + bobs)))
                .getTotal()
                .getGpuTime())
        .isEqualTo(seconds(0, 0));
    assertThat(
            as("ada")
                .getUsage(request(r -> r.setUser("ada").setSession("sessions/" + adas)))
                .getTotal()
                .getGpuTime())
        .isEqualTo(seconds(1500, 250_000_000));
  }

  static Stream<Arguments> badRequests() {
    return Stream.of(
        Arguments.of("queue", request(r -> r.setQueue("research"))),
        Arguments.of("queue", request(r -> r.setQueue("queues/R"))),
        Arguments.of("session", request(r -> r.setSession("1"))),
        Arguments.of("session", request(r -> r.setSession("sessions/1-1-1-1-1"))),
        Arguments.of("accelerator", request(r -> r.setAccelerator("T4"))),
        Arguments.of("user", request(r -> r.setUser("u".repeat(256)))),
        Arguments.of("user", request(r -> r.setUser(" "))),
        Arguments.of("group_by", request(r -> r.addGroupByValue(0))),
        Arguments.of("group_by", request(r -> r.addGroupByValue(99))),
        Arguments.of("start_time", request(r -> r.setStartTime(time(NOW)))),
        Arguments.of("start_time", request(r -> r.setStartTime(time(NOW.plusSeconds(9))))),
        Arguments.of(
            "start_time",
            request(r -> r.setStartTime(Timestamp.newBuilder().setSeconds(Long.MIN_VALUE)))),
        Arguments.of(
            "start_time", request(r -> r.setStartTime(Timestamp.newBuilder().setNanos(-1)))),
        Arguments.of(
            "end_time",
            request(r -> r.setEndTime(Timestamp.newBuilder().setSeconds(Long.MAX_VALUE)))),
        Arguments.of(
            "end_time", request(r -> r.setEndTime(Timestamp.newBuilder().setSeconds(-1)))));
  }

  @ParameterizedTest
  @MethodSource("badRequests")
  void refusesABadFieldByName(String field, GetUsageRequest request) {
    var failure = ServedApi.failure(() -> as("admin-eve").getUsage(request));

    assertThat(failure.getStatus().getCode()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(ServedApi.info(failure).getMetadataOrThrow("field")).isEqualTo(field);
  }
}
