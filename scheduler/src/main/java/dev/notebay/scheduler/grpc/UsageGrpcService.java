package dev.notebay.scheduler.grpc;

import com.google.protobuf.Timestamp;
import dev.notebay.proto.usage.v1.BudgetStatus;
import dev.notebay.proto.usage.v1.GetUsageRequest;
import dev.notebay.proto.usage.v1.GetUsageResponse;
import dev.notebay.proto.usage.v1.Usage;
import dev.notebay.proto.usage.v1.UsageServiceGrpc;
import dev.notebay.rpc.Caller;
import dev.notebay.scheduler.core.SchedulerException.AdminRequired;
import dev.notebay.scheduler.core.SchedulerException.InvalidField;
import dev.notebay.scheduler.core.ledger.Ledger;
import dev.notebay.scheduler.core.ledger.UsageQuery;
import dev.notebay.scheduler.core.ledger.UsageQuery.Dimension;
import dev.notebay.scheduler.core.request.UsageRequests;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.SessionId;
import io.grpc.stub.StreamObserver;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** {@code notebay.usage.v1.UsageService}. */
public final class UsageGrpcService extends UsageServiceGrpc.UsageServiceImplBase {
  private static final String EVERYBODY = "-";
  private static final Duration USUAL_RANGE = Duration.ofDays(30);
  private static final int MAXIMUM_ROWS = 1000;

  private final UsageRequests requests;
  private final InstantSource clock;

  public UsageGrpcService(UsageRequests requests, InstantSource clock) {
    this.requests = requests;
    this.clock = clock;
  }

  @Override
  public void getUsage(GetUsageRequest request, StreamObserver<GetUsageResponse> out) {
    Instant now = clock.instant();
    UsageQuery query = query(request, now);
    Ledger.Report report = requests.usage(query);
    var response =
        GetUsageResponse.newBuilder()
            .setTotal(toMessage(report.total()))
            .setStartTime(SessionMessages.timestamp(query.from()))
            .setEndTime(SessionMessages.timestamp(query.until()));
    report.rows().forEach(row -> response.addRows(toMessage(row)));
    query
        .owner()
        .ifPresent(
            owner ->
                requests
                    .budgets(owner, query.queue(), now)
                    .forEach(budget -> response.addBudgets(toMessage(budget))));
    out.onNext(response.build());
    out.onCompleted();
  }

  private static UsageQuery query(GetUsageRequest request, Instant now) {
    Instant asked = request.hasEndTime() ? instant("end_time", request.getEndTime()) : now;
    Instant until = asked.isAfter(now) ? now : asked;
    Instant from =
        request.hasStartTime()
            ? instant("start_time", request.getStartTime())
            : until.minus(USUAL_RANGE);
    if (!from.isBefore(until)) {
      throw new InvalidField("start_time", from.toString(), "before end_time " + until);
    }
    return new UsageQuery(
        owner(request.getUser()),
        given(request.getQueue()).map(name -> QueueParser.name("queue", name)),
        given(request.getSession()).map(UsageGrpcService::session),
        given(request.getAccelerator()).map(UsageGrpcService::accelerator),
        from,
        until,
        dimensions(request),
        MAXIMUM_ROWS);
  }

  private static Optional<Owner> owner(String user) {
    Caller caller = Caller.current();
    if (user.isEmpty() || user.equals(caller.subject())) {
      return Optional.of(new Owner(caller.subject()));
    }
    if (!caller.has(Caller.Role.ADMIN)) {
      throw new AdminRequired("GetUsage of others");
    }
    if (user.equals(EVERYBODY)) {
      return Optional.empty();
    }
    if (user.isBlank() || user.length() > Owner.MAXIMUM_LENGTH) {
      throw new InvalidField("user", user, "1 to 255 characters, or - for everybody");
    }
    return Optional.of(new Owner(user));
  }

  private static SessionId session(String name) {
    return RequestParser.sessionName("session", name);
  }

  private static String accelerator(String type) {
    if (!Accelerator.isType(type)) {
      throw new InvalidField("accelerator", type, "an accelerator class such as nvidia-t4");
    }
    return type;
  }

  private static Set<Dimension> dimensions(GetUsageRequest request) {
    Set<Dimension> by = EnumSet.noneOf(Dimension.class);
    for (GetUsageRequest.Dimension dimension : request.getGroupByList()) {
      by.add(
          switch (dimension) {
            case DIMENSION_USER -> Dimension.OWNER;
            case DIMENSION_QUEUE -> Dimension.QUEUE;
            case DIMENSION_SESSION -> Dimension.SESSION;
            case DIMENSION_ACCELERATOR -> Dimension.ACCELERATOR;
            case DIMENSION_UNSPECIFIED, UNRECOGNIZED ->
                throw new InvalidField(
                    "group_by", dimension.name(), "USER, QUEUE, SESSION or ACCELERATOR");
          });
    }
    return by;
  }

  private static Instant instant(String field, Timestamp timestamp) {
    try {
      Instant instant = SessionMessages.instant(timestamp);
      // What a timestamp of protobuf may be, and a database's too.
      if (timestamp.getNanos() >= 0
          && timestamp.getNanos() <= 999_999_999
          && !instant.isBefore(Instant.EPOCH)
          && instant.isBefore(Instant.parse("9999-12-31T23:59:59Z"))) {
        return instant;
      }
    } catch (DateTimeException outOfRange) {
      throw notATime(field, timestamp);
    }
    throw notATime(field, timestamp);
  }

  private static InvalidField notATime(String field, Timestamp timestamp) {
    return new InvalidField(
        field,
        timestamp.getSeconds() + " s and " + timestamp.getNanos() + " ns",
        "a time between 1970 and 9999");
  }

  private static Optional<String> given(String text) {
    return text.isEmpty() ? Optional.empty() : Optional.of(text);
  }

  private static Usage toMessage(dev.notebay.scheduler.core.ledger.Usage usage) {
    return Usage.newBuilder()
        .setUser(usage.owner().map(Owner::subject).orElse(""))
        .setQueue(usage.queue().map(QueueParser::nameOf).orElse(""))
        .setSession(usage.session().map(RequestParser::nameOf).orElse(""))
        .setAccelerator(usage.accelerator().orElse(""))
        .setGpuTime(SessionMessages.duration(usage.gpuTime()))
        .setRateMilli(usage.rateMilli())
        .build();
  }

  private static BudgetStatus toMessage(UsageRequests.BudgetStatus status) {
    return BudgetStatus.newBuilder()
        .setQueue(QueueParser.nameOf(status.queue()))
        .setBudget(SessionMessages.duration(status.budget()))
        .setUsed(SessionMessages.duration(status.used()))
        .setLeft(SessionMessages.duration(status.left()))
        .setPeriodStartTime(SessionMessages.timestamp(status.periodStart()))
        .setPeriodEndTime(SessionMessages.timestamp(status.periodEnd()))
        .build();
  }
}
