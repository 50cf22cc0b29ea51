package dev.notebay.scheduler.kube.session;

import dev.notebay.scheduler.core.SchedulerException;
import dev.notebay.scheduler.core.request.Allowance;
import dev.notebay.scheduler.core.request.SessionRequests;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionSpec;
import dev.notebay.scheduler.kube.KubeSettings;
import dev.notebay.scheduler.kube.ListWatch;
import dev.notebay.scheduler.kube.ListWatch.Mirror;
import dev.notebay.scheduler.kube.ListWatch.Source;
import dev.notebay.scheduler.kube.SessionOwners;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * One replica's part in the objects of sessions. Every replica watches them, since every one may be
 * asked who owns a pod; the one that leads also writes, by {@link SessionObjects}.
 *
 * <p>Where the custom resource is not installed the watch says so in the log and nothing else
 * happens: sessions run without objects.
 */
public final class SessionObjectService implements AutoCloseable {
  /** How long the object of a session that was asked for elsewhere stays after its end. */
  public static final Duration RETENTION = Duration.ofHours(1);

  /** Few: what is told of sessions waits for their pods to be made, and not the other way round. */
  private static final int WRITERS = 2;

  private final KubeSettings settings;
  private final SessionObjectCache cache;
  private final SessionObjectApi api;
  private final SessionMirrors mirrors;
  private final ListWatch<NotebookSession> watch;
  private final ExecutorService writers =
      Executors.newFixedThreadPool(
          WRITERS, Thread.ofPlatform().name("session-objects-", 0).daemon().factory());
  private volatile Runnable listener = () -> {};

  private SessionObjectService(KubernetesClient client, KubeSettings settings, String replica) {
    this.settings = settings;
    this.cache = new SessionObjectCache(() -> listener.run());
    this.api = new KubeSessionObjectApi(client, replica);
    this.mirrors = new SessionMirrors(cache, api, settings.namespace(), settings.installation());
    this.watch =
        new ListWatch<>(
            "notebooksessions",
            Source.of(client.resources(NotebookSession.class).inNamespace(settings.namespace())),
            new Seen(cache),
            ListWatch.Timing.USUAL);
  }

  /**
   * Begins to watch.
   *
   * @param replica name of this process, told with events
   */
  public static SessionObjectService start(
      KubernetesClient client, KubeSettings settings, String replica) {
    var service = new SessionObjectService(client, settings, replica);
    service.watch.start();
    return service;
  }

  /**
   * Waits until all objects have been seen once. Before that, what is not known may be there.
   *
   * @return whether they have been, within the bound
   */
  public boolean awaitSynced(Duration bound) {
    return watch.awaitSynced(bound);
  }

  /** Why objects are not seen; empty where they are. */
  public String trouble() {
    return watch.trouble();
  }

  /** Which object a session's pod goes with. */
  public SessionOwners owners() {
    return mirrors;
  }

  /** Calls this after every change of an object; it must return at once. */
  public void onChange(Runnable heard) {
    listener = heard;
  }

  /**
   * What keeps objects and sessions in step, to be run by a thread of its own.
   *
   * @param objection what a queue has against a request
   * @param unfinished all sessions that are not over, for any thread
   * @param leads whether this replica does
   * @param launching whether many pods are being made, for which what is told of sessions waits
   */
  public SessionObjects objects(
      SessionRequests requests,
      Function<SessionSpec, Optional<SchedulerException>> objection,
      Allowance allowance,
      Supplier<? extends Collection<Session>> unfinished,
      BooleanSupplier leads,
      BooleanSupplier launching,
      InstantSource clock) {
    mirrors.use(requests);
    return new SessionObjects(
        cache,
        watch::isSynced,
        unfinished,
        new SessionObjectReconciler(
            api,
            requests,
            objection,
            new SpecReader(allowance),
            cache::link,
            settings.installation(),
            RETENTION),
        settings.namespace(),
        settings.installation(),
        leads,
        launching,
        clock,
        writers);
  }

  /** What is there stays there. */
  @Override
  public void close() {
    watch.close();
    writers.shutdownNow();
  }

  private record Seen(SessionObjectCache cache) implements Mirror<NotebookSession> {
    @Override
    public void put(NotebookSession object) {
      cache.put(object);
    }

    @Override
    public void remove(NotebookSession object) {
      cache.remove(object);
    }

    @Override
    public void only(Set<String> uids) {
      cache.only(uids);
    }
  }
}
