package dev.notebay.scheduler.grpc;

import static dev.notebay.scheduler.core.Sessions.NOON;
import static dev.notebay.scheduler.core.Sessions.after;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;
import dev.notebay.proto.queue.v1.ApplyQueuesRequest;
import dev.notebay.proto.queue.v1.ApplyQueuesResponse;
import dev.notebay.proto.queue.v1.Budget;
import dev.notebay.proto.queue.v1.ClassUsage;
import dev.notebay.proto.queue.v1.GetQueueRequest;
import dev.notebay.proto.queue.v1.ListQueuesRequest;
import dev.notebay.proto.queue.v1.ListQueuesResponse;
import dev.notebay.proto.queue.v1.Priorities;
import dev.notebay.proto.queue.v1.Queue;
import dev.notebay.proto.queue.v1.QueueServiceGrpc;
import dev.notebay.proto.queue.v1.QueueServiceGrpc.QueueServiceBlockingStub;
import dev.notebay.proto.queue.v1.Quota;
import dev.notebay.proto.queue.v1.UserLimits;
import dev.notebay.scheduler.core.queue.PresentQueues;
import dev.notebay.scheduler.core.queue.QueueStore;
import dev.notebay.scheduler.core.request.QueueRequests;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.Compute;
import dev.notebay.scheduler.core.session.InMemorySessionStore;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionEvent.Placed;
import dev.notebay.scheduler.core.session.SessionSpec;
import dev.notebay.scheduler.core.session.Sessions;
import dev.notebay.scheduler.postgres.PostgresQueueStore;
import dev.notebay.scheduler.postgres.RealPostgres;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The service over a real socket, on a real PostgreSQL. */
class QueueGrpcServiceTest {
  private static RealPostgres postgres;

  private final InMemorySessionStore sessions = new InMemorySessionStore(() -> NOON);
  private QueueStore store;
  private ServedApi api;

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
    postgres.execute("TRUNCATE scheduler.queue, scheduler.quota");
    postgres.execute("UPDATE scheduler.queue_version SET version = 0");
    store = new PostgresQueueStore(postgres.database());
    api =
        ServedApi.start(
            new QueueGrpcService(
                new QueueRequests(
                    store, new PresentQueues(store), sessions::unfinished, () -> {})));
  }

  @AfterEach
  void stop() {
    api.close();
  }

  private QueueServiceBlockingStub as(String token) {
    return api.as(token, QueueServiceGrpc::newBlockingStub);
  }

  private static Queue.Builder queue(String name) {
    return Queue.newBuilder().setName("queues/" + name);
  }

  private static Quota.Builder quota(String accelerator, long devices) {
    return Quota.newBuilder().setAccelerator(accelerator).setNominalMilli(devices * 1000);
  }

  private static ApplyQueuesRequest request(Queue.Builder... queues) {
    return ApplyQueuesRequest.newBuilder()
        .addAllQueues(Stream.of(queues).map(Queue.Builder::build).toList())
        .build();
  }

  private static Duration seconds(long seconds) {
    return Duration.newBuilder().setSeconds(seconds).build();
  }

  private static Queue.Builder full() {
    return queue("research")
        .setCohort("campus")
        .addQuotas(quota("nvidia-t4", 8).setBorrowingLimitMilli(2000).setLendingLimitMilli(500))
        .addQuotas(quota("nvidia-a100", 0))
        .setWeight(2.5)
        .setReclaim(Queue.Reclaim.RECLAIM_ANY)
        .setPreemption(Queue.Preemption.PREEMPTION_LOWER_PRIORITY)
        .setMinimumRun(seconds(0))
        .setNotice(seconds(90))
        .setUserLimits(
            UserLimits.newBuilder()
                .setSessions(2)
                .setDevicesMilli(1500)
                .setBudget(Budget.newBuilder().setGpuSeconds(3600).setPeriod(seconds(86_400))))
        .setPriorities(Priorities.newBuilder().setLowest(-5).setHighest(5));
  }

  @Test
  void appliesQueuesAndAnswersThemAsTheyWereStated() {
    ApplyQueuesResponse applied = as("admin-eve").applyQueues(request(full()));

    assertThat(applied.getCreatedList()).containsExactly("queues/research");
    assertThat(applied.getUpdatedList()).isEmpty();
    Queue answered =
        as("ada").getQueue(GetQueueRequest.newBuilder().setName("queues/research").build());
    assertThat(answered.toBuilder().clearUsage().clearFairShare().build())
        .isEqualTo(full().build());
    assertThat(as("ada").listQueues(ListQueuesRequest.getDefaultInstance()).getQueuesList())
        .extracting(Queue::getName)
        .containsExactly("queues/default", "queues/research");
  }

  @Test
  void applyingTwiceIsApplyingOnce() {
    String etag = as("admin-eve").applyQueues(request(full())).getEtag();

    ApplyQueuesResponse again = as("admin-eve").applyQueues(request(full()));

    assertThat(again.getEtag()).isEqualTo(etag);
    assertThat(again.getCreatedList()).isEmpty();
    assertThat(again.getUpdatedList()).isEmpty();
    assertThat(again.getDeletedList()).isEmpty();
  }

  @Test
  void saysWhatWasMadeChangedAndRemoved() {
    as("admin-eve").applyQueues(request(full(), queue("old"), queue("same")));

    ApplyQueuesResponse applied =
        as("admin-eve").applyQueues(request(full().setWeight(3), queue("new"), queue("same")));

    assertThat(applied.getCreatedList()).containsExactly("queues/new");
    assertThat(applied.getUpdatedList()).containsExactly("queues/research");
    assertThat(applied.getDeletedList()).containsExactly("queues/old");
  }

  @Test
  void triesOutWithoutChangingAnything() {
    var request = request(full()).toBuilder().setValidateOnly(true).build();

    assertThat(as("admin-eve").applyQueues(request).getCreatedList())
        .containsExactly("queues/research");
    assertThat(store.version()).isZero();
  }

  @Test
  void refusesToApplyOverWhatTheOperatorHasNotSeen() {
    String seen = as("admin-eve").listQueues(ListQueuesRequest.getDefaultInstance()).getEtag();
    as("admin-eve").applyQueues(request(full()));

    var failure =
        ServedApi.failure(
            () ->
                as("admin-eve")
                    .applyQueues(request(queue("other")).toBuilder().setEtag(seen).build()));

    assertThat(failure.getStatus().getCode()).isEqualTo(Code.ABORTED);
    assertThat(ServedApi.info(failure).getReason()).isEqualTo("ETAG_MISMATCH");
    assertThat(store.read().queues().find("research")).isPresent();
  }

  @Test
  void letsOnlyAdminsChangeQueues() {
    for (String token : List.of("ada", "service-gateway", "agent-1")) {
      for (boolean validateOnly : new boolean[] {false, true}) {
        var request = request(full()).toBuilder().setValidateOnly(validateOnly).build();
        var failure = ServedApi.failure(() -> as(token).applyQueues(request));

        assertThat(failure.getStatus().getCode()).isEqualTo(Code.PERMISSION_DENIED);
        assertThat(ServedApi.info(failure).getReason()).isEqualTo("ADMIN_REQUIRED");
        assertThat(ServedApi.info(failure).getMetadataOrThrow("operation"))
            .isEqualTo("ApplyQueues");
      }
    }
    assertThat(store.version()).isZero();
  }

  static Stream<Arguments> badQueues() {
    return Stream.of(
        bad("queues[0].name", q -> q.setName("")),
        bad("queues[0].name", q -> q.setName("research")),
        bad("queues[0].name", q -> q.setName("queues/")),
        bad("queues[0].name", q -> q.setName("queues/Research")),
        bad("queues[0].name", q -> q.setName("queues/-r")),
        bad("queues[0].name", q -> q.setName("queues/" + "r".repeat(64))),
        bad("queues[0].cohort", q -> q.setCohort("Campus!")),
        bad("queues[0].cohort", q -> q.clearQuotas()),
        bad("queues[0].weight", q -> q.setWeight(0)),
        bad("queues[0].weight", q -> q.setWeight(-1)),
        bad("queues[0].weight", q -> q.setWeight(Double.NaN)),
        bad("queues[0].weight", q -> q.setWeight(Double.POSITIVE_INFINITY)),
        bad("queues[0].reclaim", q -> q.setReclaimValue(99)),
        bad("queues[0].preemption", q -> q.setPreemptionValue(99)),
        bad("queues[0].minimumRun", q -> q.setMinimumRun(seconds(-1))),
        bad("queues[0].minimumRun", q -> q.setMinimumRun(seconds(Long.MAX_VALUE))),
        bad("queues[0].minimumRun", q -> q.setMinimumRun(seconds(400L * 86_400))),
        bad("queues[0].notice", q -> q.setNotice(Duration.newBuilder().setNanos(-1))),
        bad("queues[0].notice", q -> q.setNotice(seconds(Long.MIN_VALUE))),
        bad(
            "queues[0].priorities.lowest",
            q -> q.setPriorities(Priorities.newBuilder().setLowest(1).setHighest(0))),
        bad("queues[0].quotas[0].accelerator", q -> q.setQuotas(0, quota("none", 1))),
        bad("queues[0].quotas[0].accelerator", q -> q.setQuotas(0, quota("Tesla T4", 1))),
        bad("queues[0].quotas[2].accelerator", q -> q.addQuotas(quota("nvidia-t4", 1))),
        bad("queues[0].quotas[0].nominal", q -> q.setQuotas(0, quota("nvidia-t4", -1))),
        bad(
            "queues[0].quotas[0].nominal",
            q -> q.setQuotas(0, quota("nvidia-t4", 0).setNominalMilli(Long.MAX_VALUE))),
        bad(
            "queues[0].quotas[0].borrowingLimit",
            q -> q.setQuotas(0, quota("nvidia-t4", 1).setBorrowingLimitMilli(-1))),
        bad(
            "queues[0].quotas[0].lendingLimit",
            q -> q.setQuotas(0, quota("nvidia-t4", 1).setLendingLimitMilli(1001))),
        bad("queues[0].quotas[0].borrowingLimit", q -> q.clearCohort()),
        bad("queues[0].userLimits.sessions", q -> q.getUserLimitsBuilder().setSessions(0)),
        bad("queues[0].userLimits.devices", q -> q.getUserLimitsBuilder().setDevicesMilli(-5)),
        bad(
            "queues[0].userLimits.budget.gpuSeconds",
            q -> q.getUserLimitsBuilder().getBudgetBuilder().setGpuSeconds(0)),
        bad(
            "queues[0].userLimits.budget.period",
            q -> q.getUserLimitsBuilder().getBudgetBuilder().setPeriod(seconds(1))),
        Arguments.of("queues[1].name", request(full(), full())));
  }

  private static Arguments bad(String field, Consumer<Queue.Builder> change) {
    UnaryOperator<Queue.Builder> changed =
        queue -> {
          change.accept(queue);
          return queue;
        };
    return Arguments.of(field, request(changed.apply(full())));
  }

  @ParameterizedTest
  @MethodSource("badQueues")
  void refusesABadFieldByItsPathAndChangesNothing(String field, ApplyQueuesRequest request) {
    as("admin-eve").applyQueues(request(queue("before")));

    StatusRuntimeException failure = ServedApi.failure(() -> as("admin-eve").applyQueues(request));

    assertThat(failure.getStatus().getCode()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(failure.getStatus().getDescription()).startsWith(field + ": ").contains("expected");
    assertThat(ServedApi.info(failure).getMetadataOrThrow("field")).isEqualTo(field);
    assertThat(store.version()).isEqualTo(1);
    assertThat(store.read().queues().find("before")).isPresent();
  }

  @Test
  void refusesBadNamesAndPages() {
    assertThat(
            ServedApi.failure(
                    () -> as("ada").getQueue(GetQueueRequest.newBuilder().setName("x").build()))
                .getStatus()
                .getCode())
        .isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(
            ServedApi.failure(
                    () ->
                        as("ada")
                            .listQueues(ListQueuesRequest.newBuilder().setPageSize(-1).build()))
                .getStatus()
                .getCode())
        .isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(
            ServedApi.failure(
                    () ->
                        as("ada")
                            .listQueues(ListQueuesRequest.newBuilder().setPageToken("//").build()))
                .getStatus()
                .getDescription())
        .startsWith("page_token: //");
    var missing =
        ServedApi.failure(
            () -> as("ada").getQueue(GetQueueRequest.newBuilder().setName("queues/no").build()));
    assertThat(missing.getStatus().getCode()).isEqualTo(Code.NOT_FOUND);
    assertThat(ServedApi.info(missing).getReason()).isEqualTo("QUEUE_NOT_FOUND");
    assertThat(ServedApi.info(missing).getMetadataOrThrow("possible")).isEqualTo("default");
  }

  @Test
  void pagesThroughQueuesByName() {
    as("admin-eve")
        .applyQueues(
            request(
                IntStream.range(0, 7)
                    .mapToObj(number -> queue("q" + number))
                    .toArray(Queue.Builder[]::new)));
    List<String> names = new ArrayList<>();
    String token = "";
    do {
      ListQueuesResponse page =
          as("ada")
              .listQueues(
                  ListQueuesRequest.newBuilder().setPageSize(3).setPageToken(token).build());
      page.getQueuesList().forEach(queue -> names.add(queue.getName()));
      token = page.getNextPageToken();
    } while (!token.isEmpty());

    assertThat(names).hasSize(8).isSorted().doesNotHaveDuplicates();
  }

  private Session add(String queue, int devices) {
    Session session =
        Session.queued(
            Sessions.queued(Sessions.ADA, NOON).id(),
            Sessions.ADA,
            new SessionSpec(
                "",
                devices == 0 ? Accelerator.NONE : new Accelerator("nvidia-t4", devices),
                new Compute(1000, 1),
                Optional.empty(),
                Sessions.POLICY,
                queue,
                0),
            NOON);
    sessions.insert(session, Sessions.key(), 1000);
    return session;
  }

  private void place(Session session, String... devices) {
    sessions.replace(
        after(session, new Placed(new Assignment("a", "nvidia-t4", List.of(devices), NOON))));
  }

  @Test
  void tellsWhatQueuesUseNow() {
    as("admin-eve")
        .applyQueues(
            request(
                queue("one").setCohort("c").addQuotas(quota("nvidia-t4", 1)).setWeight(3),
                queue("two").setCohort("c").addQuotas(quota("nvidia-t4", 4)).setWeight(1)));
    place(add("one", 2), "g0", "g1");
    place(add("one", 1), "g2");
    place(add("two", 1), "g3");
    add("one", 4);
    add("one", 0);

    Queue one = as("ada").getQueue(GetQueueRequest.newBuilder().setName("queues/one").build());

    assertThat(one.getFairShare()).isEqualTo(0.75);
    assertThat(one.getRunningSessions()).isEqualTo(2);
    assertThat(one.getWaitingSessions()).isEqualTo(2);
    assertThat(one.getUsageList())
        .containsExactly(
            ClassUsage.newBuilder()
                .setAccelerator("nvidia-t4")
                .setNominalMilli(1000)
                .setInUseMilli(3000)
                .setBorrowedMilli(2000)
                .setWaitingMilli(4000)
                .setShare(0.75)
                .build());
  }

  @Test
  void keepsAQueueThatUnfinishedSessionsAreIn() {
    as("admin-eve").applyQueues(request(queue("one")));
    add("one", 0);

    for (boolean validateOnly : new boolean[] {false, true}) {
      var nothing = ApplyQueuesRequest.newBuilder().setValidateOnly(validateOnly).build();
      var failure = ServedApi.failure(() -> as("admin-eve").applyQueues(nothing));

      assertThat(failure.getStatus().getCode()).isEqualTo(Code.FAILED_PRECONDITION);
      assertThat(ServedApi.info(failure).getReason()).isEqualTo("QUEUE_IN_USE");
      assertThat(ServedApi.info(failure).getMetadataMap())
          .containsEntry("queue", "one")
          .containsEntry("sessions", "1");
    }
    assertThat(store.read().queues().find("one")).isPresent();
  }
}
