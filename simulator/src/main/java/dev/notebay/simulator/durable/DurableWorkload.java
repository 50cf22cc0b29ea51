package dev.notebay.simulator.durable;

import dev.notebay.proto.session.v1.Accelerator;
import dev.notebay.proto.session.v1.Compute;
import dev.notebay.proto.session.v1.CreateSessionRequest;
import dev.notebay.proto.session.v1.Session;
import dev.notebay.proto.session.v1.SessionPolicy;
import dev.notebay.proto.session.v1.SessionServiceGrpc.SessionServiceBlockingStub;
import dev.notebay.proto.session.v1.StopSessionRequest;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.session.SessionState.Ended;
import dev.notebay.scheduler.core.session.SessionState.Starting;
import dev.notebay.simulator.queue.QueueWorkload;
import dev.notebay.simulator.queue.QueueWorkload.Visit;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;

/**
 * Lets a workload happen on a whole scheduler, in real time: every session is asked for over gRPC
 * when it comes, placed and committed, stopped when it has run, and over when that is committed.
 */
public final class DurableWorkload {
  /** So many of the sessions happen before, so that what is measured has been compiled. */
  private static final int WARM_UP = 10_000;

  private static final Duration PATIENCE = Duration.ofMinutes(8);
  private static final SessionPolicy LONG =
      SessionPolicy.newBuilder()
          .setMaximumLifetime(com.google.protobuf.Duration.newBuilder().setSeconds(3600))
          .build();

  private final List<Visit> visits;
  private final QueueWorkload workload;
  private final NotingLauncher launcher = new NotingLauncher();
  private final int[] persons;
  private final AtomicLongArray asked;
  private final AtomicLongArray placed;
  private final CountDownLatch open;
  private final Queue<RuntimeException> refused = new ConcurrentLinkedQueue<>();
  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
  private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
  private final AtomicReference<Installation> installation = new AtomicReference<>();
  private final Map<Integer, SessionServiceBlockingStub> people = new ConcurrentHashMap<>();

  public DurableWorkload(QueueWorkload workload) {
    this.workload = workload;
    this.visits =
        workload.sessions().stream()
            .sorted(Comparator.comparing(visit -> visit.waiting().created()))
            .toList();
    this.persons = persons(visits);
    this.asked = new AtomicLongArray(visits.size());
    this.placed = new AtomicLongArray(visits.size());
    this.open = new CountDownLatch(visits.size());
  }

  /**
   * What was measured.
   *
   * @param seconds from the first that comes until the last is over
   * @param leastSeconds device time of all sessions by devices there are: nobody is faster
   */
  public record Figures(double seconds, double leastSeconds) {}

  /** Lets the first of the sessions happen on a scheduler of their own, and then all. */
  public Figures run(PrintWriter out) throws IOException, InterruptedException {
    var first =
        new DurableWorkload(
            new QueueWorkload(
                workload.nodes(),
                workload.queues(),
                workload.settings(),
                visits.subList(0, Math.min(WARM_UP, visits.size() / 3)),
                workload.until()));
    first.happen(new PrintWriter(Writer.nullWriter()));
    return happen(out);
  }

  private Figures happen(PrintWriter out) throws IOException, InterruptedException {
    var meters = new SimpleMeterRegistry();
    try (Installation started =
        Installation.start(
            workload.nodes(), workload.queues(), launcher, meters, this::committed)) {
      installation.set(started);
      long began = System.nanoTime();
      for (int number = 0; number < visits.size(); number++) {
        int one = number;
        Duration comes =
            Duration.between(QueueWorkload.START, visits.get(number).waiting().created());
        call(comes, () -> create(one));
      }
      if (!open.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        throw new IllegalStateException(
            open.getCount() + " of " + visits.size() + " sessions are not over");
      }
      if (!refused.isEmpty()) {
        throw new IllegalStateException("a call was refused", refused.peek());
      }
      var figures = new Figures((System.nanoTime() - began) / 1e9, least());
      report(figures, out);
      Timer passes = meters.get("notebay.reconcile").timer();
      out.printf(
          "%d passes, each %.1f ms on average%n",
          passes.count(), passes.mean(TimeUnit.MILLISECONDS));
      return figures;
    } finally {
      clock.shutdownNow();
      callers.shutdownNow();
    }
  }

  /** Whose each visit is: a person has as many as a person may have, all in one queue. */
  private static int[] persons(List<Visit> visits) {
    int[] persons = new int[visits.size()];
    Map<String, Integer> inQueue = new HashMap<>();
    Map<String, Integer> ids = new HashMap<>();
    for (int number = 0; number < persons.length; number++) {
      String queue = visits.get(number).waiting().queue();
      int before = inQueue.merge(queue, 1, Integer::sum) - 1;
      persons[number] = ids.computeIfAbsent(queue + " " + before / Load.EACH, _ -> ids.size());
    }
    return persons;
  }

  private void call(Duration after, Runnable what) {
    clock.schedule(
        () ->
            callers.execute(
                () -> {
                  try {
                    what.run();
                  } catch (RuntimeException failure) {
                    refused.add(failure);
                    // Without it the workload would not be the one that was to be measured.
                    while (open.getCount() > 0) {
                      open.countDown();
                    }
                  }
                }),
        after.toNanos(),
        TimeUnit.NANOSECONDS);
  }

  private SessionServiceBlockingStub person(int number) {
    return people.computeIfAbsent(persons[number], installation.get()::client);
  }

  private void create(int number) {
    var waiting = visits.get(number).waiting();
    var wanted = waiting.request().accelerator();
    asked.set(number, System.nanoTime());
    person(number)
        .createSession(
            CreateSessionRequest.newBuilder()
                .setRequestId(UUID.randomUUID().toString())
                .setSession(
                    Session.newBuilder()
                        .setDisplayName(Integer.toString(number))
                        .setQueueName(waiting.queue())
                        .setPriority(waiting.priority())
                        .setPolicy(LONG)
                        .setAccelerator(
                            Accelerator.newBuilder()
                                .setType(wanted.type())
                                .setCount(wanted.count()))
                        .setCompute(
                            Compute.newBuilder()
                                .setCpuMilli(waiting.request().compute().cpuMilli())
                                .setMemoryBytes(waiting.request().compute().memoryBytes())))
                .build());
  }

  private void committed(dev.notebay.scheduler.core.session.Session session) {
    int number = Integer.parseInt(session.spec().displayName());
    switch (session.state()) {
      case Starting _ -> {
        if (placed.compareAndSet(number, 0, System.nanoTime())) {
          call(visits.get(number).stays(), () -> stop(number, session));
        }
      }
      case Ended _ -> open.countDown();
      default -> {}
    }
  }

  private void stop(int number, dev.notebay.scheduler.core.session.Session session) {
    launcher.end(new RuntimeName(session.id(), session.attempt()));
    person(number)
        .stopSession(StopSessionRequest.newBuilder().setName("sessions/" + session.id()).build());
  }

  private double least() {
    double deviceSeconds =
        visits.stream()
            .mapToDouble(
                visit ->
                    visit.waiting().request().accelerator().count()
                        * (visit.stays().toNanos() / 1e9))
            .sum();
    return deviceSeconds / workload.nodes().stream().mapToInt(node -> node.devices().size()).sum();
  }

  private void report(Figures figures, PrintWriter out) {
    out.printf(
        "%d sessions in %.1f s (no scheduler is faster than %.1f s), %.0f sessions/s%n",
        visits.size(),
        figures.seconds(),
        figures.leastSeconds(),
        visits.size() / figures.seconds());
    visits.stream()
        .mapToInt(visit -> visit.waiting().request().accelerator().count())
        .distinct()
        .sorted()
        .forEach(devices -> out.println("  " + waits(devices)));
    out.flush();
  }

  private String waits(int devices) {
    long[] nanos =
        IntStream.range(0, visits.size())
            .filter(
                number -> visits.get(number).waiting().request().accelerator().count() == devices)
            .mapToLong(number -> placed.get(number) - asked.get(number))
            .toArray();
    var waits = new Latencies(nanos);
    return "%d devices: %d sessions, placed after p50 %.0f ms, p99 %.0f ms"
        .formatted(devices, waits.count(), waits.millisAt(0.5), waits.millisAt(0.99));
  }
}
