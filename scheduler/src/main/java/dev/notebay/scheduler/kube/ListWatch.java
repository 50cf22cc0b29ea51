package dev.notebay.scheduler.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.FilterWatchListDeletable;
import java.io.Closeable;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a {@link Mirror} in step with all objects of one kind, for ever.
 *
 * <ol>
 *   <li>List all, page by page, and drop from the mirror what is not there any more.
 *   <li>Watch from there. The server ends every watch after a while; the next begins where it was.
 *   <li>A watch that says nothing for longer than that has stalled, one may come too late (410), or
 *       cannot be begun: then begin again with the list.
 * </ol>
 *
 * @see <a
 *     href="https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes">Efficient
 *     detection of changes</a>
 */
public final class ListWatch<T extends HasMetadata> implements Closeable {
  private static final System.Logger LOG = System.getLogger(ListWatch.class.getName());
  private static final long PAGE = 500;

  private final String kind;
  private final Source<T> source;
  private final Mirror<T> mirror;
  private final Timing timing;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final CountDownLatch synced = new CountDownLatch(1);
  private volatile long lastHeard = System.nanoTime();
  private volatile @Nullable Events watched;
  private volatile String trouble = "not asked yet";

  /**
   * How long things take.
   *
   * @param watch after which the server is asked to end a watch
   * @param stalled a watch from which nothing came for so long is given up
   * @param retry pause after a failure
   */
  public record Timing(Duration watch, Duration stalled, Duration retry) {
    public static final Timing USUAL =
        new Timing(Duration.ofSeconds(30), Duration.ofSeconds(45), Duration.ofSeconds(1));
  }

  /** All objects of one kind, on the server. */
  public interface Source<T extends HasMetadata> {
    KubernetesResourceList<T> list(ListOptions options);

    Watch watch(ListOptions options, Watcher<T> watcher);

    static <T extends HasMetadata> Source<T> of(
        FilterWatchListDeletable<T, ? extends KubernetesResourceList<T>, ?> all) {
      return new Source<>() {
        @Override
        public KubernetesResourceList<T> list(ListOptions options) {
          return all.list(options);
        }

        @Override
        public Watch watch(ListOptions options, Watcher<T> watcher) {
          return all.watch(options, watcher);
        }
      };
    }
  }

  /** What is kept in step; called by one thread at a time. */
  public interface Mirror<T> {
    void put(T object);

    /** As it was last. */
    void remove(T object);

    /** These are all that there are. */
    void only(Set<String> uids);
  }

  public ListWatch(String kind, Source<T> source, Mirror<T> mirror, Timing timing) {
    this.kind = kind;
    this.source = source;
    this.mirror = mirror;
    this.timing = timing;
  }

  public void start() {
    Thread.ofVirtual().name("watch-" + kind).start(this::run);
  }

  /** Whether everything has been listed at least once. */
  public boolean isSynced() {
    return synced.getCount() == 0;
  }

  /** Waits for that, at most so long; whether it has come. */
  public boolean awaitSynced(Duration bound) {
    try {
      return synced.await(bound.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** How long ago the server was last heard, be it that nothing is new. */
  Duration age() {
    return Duration.ofNanos(System.nanoTime() - lastHeard);
  }

  /** Why nothing is heard, as far as known. */
  public String trouble() {
    return trouble;
  }

  @Override
  public void close() {
    closed.countDown();
    Events present = watched;
    if (present != null) {
      present.ended.countDown();
    }
  }

  private void run() {
    Optional<String> version = Optional.empty();
    boolean endedEarly = false;
    while (closed.getCount() > 0) {
      try {
        version = Optional.of(version.isPresent() ? version.get() : list());
        long began = System.nanoTime();
        version = watch(version.get());
        boolean early = System.nanoTime() - began < timing.watch().toNanos() / 10 * 9;
        if (early) {
          // Once may be a connection that broke; twice in a row, a list will tell what it is.
          version = endedEarly ? Optional.empty() : version;
          pause();
        } else if (version.isPresent()) {
          lastHeard = System.nanoTime();
        }
        endedEarly = early;
      } catch (RuntimeException failure) {
        // Whatever it was: a thread that ends would leave what was seen last for ever.
        version = Optional.empty();
        note(String.valueOf(failure.getMessage()));
        pause();
      }
    }
  }

  private void note(String cause) {
    if (!cause.equals(trouble)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "cluster is not seen, will be listed again kind=" + kind + " cause=" + cause);
    }
    trouble = cause;
  }

  private void pause() {
    try {
      if (closed.await(timing.retry().toMillis(), TimeUnit.MILLISECONDS)) {
        trouble = "closed";
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      closed.countDown();
    }
  }

  /**
   * @return the version from which on a watch misses nothing
   */
  private String list() {
    Set<String> uids = new HashSet<>();
    String version = "";
    @Nullable String next = null;
    do {
      ListOptions options = new ListOptionsBuilder().withLimit(PAGE).withContinue(next).build();
      KubernetesResourceList<T> page = source.list(options);
      for (T object : page.getItems()) {
        uids.add(object.getMetadata().getUid());
        mirror.put(object);
      }
      version = page.getMetadata().getResourceVersion();
      next = page.getMetadata().getContinue();
      lastHeard = System.nanoTime();
    } while (next != null && !next.isEmpty());
    mirror.only(uids);
    if (!isSynced() || !trouble.isEmpty()) {
      LOG.log(System.Logger.Level.INFO, "cluster is seen kind=" + kind + " objects=" + uids.size());
    }
    trouble = "";
    synced.countDown();
    return version;
  }

  /**
   * Watches until something ends it.
   *
   * @return where to go on; empty if all is to be listed again
   */
  private Optional<String> watch(String version) {
    var events = new Events(version);
    watched = events;
    ListOptions options =
        new ListOptionsBuilder()
            .withResourceVersion(version)
            .withAllowWatchBookmarks(true)
            .withTimeoutSeconds(timing.watch().toSeconds())
            .build();
    try (Watch _ = source.watch(options, events)) {
      while (!events.ended(timing.stalled())) {
        if (age().compareTo(timing.stalled()) > 0) {
          note("the watch has stalled");
          return Optional.empty();
        }
      }
      return events.end();
    } finally {
      events.drop();
    }
  }

  /** One watch's events. */
  private final class Events implements Watcher<T> {
    private final CountDownLatch ended = new CountDownLatch(1);
    private Optional<String> version;
    private boolean dropped;

    Events(String version) {
      this.version = Optional.of(version);
    }

    @Override
    public synchronized void eventReceived(Action action, T object) {
      if (dropped) {
        return;
      }
      lastHeard = System.nanoTime();
      switch (action) {
        case ADDED, MODIFIED -> mirror.put(object);
        case DELETED -> mirror.remove(object);
        case BOOKMARK -> {}
        case ERROR -> {
          end(Optional.empty());
          return;
        }
      }
      version = Optional.of(object.getMetadata().getResourceVersion());
    }

    @Override
    public void onClose() {
      ended.countDown();
    }

    /** Also how a watch ends in good order; only what came too late cannot go on. */
    @Override
    public void onClose(WatcherException cause) {
      if (cause.isHttpGone()) {
        end(Optional.empty());
      } else {
        ended.countDown();
      }
    }

    @Override
    public boolean reconnecting() {
      return false;
    }

    private synchronized void end(Optional<String> goOn) {
      version = goOn;
      ended.countDown();
    }

    /** What comes late is no more heard. */
    synchronized void drop() {
      dropped = true;
    }

    synchronized Optional<String> end() {
      return version;
    }

    /** Waits for the end, or for a part of the bound, or until nothing is watched any more. */
    boolean ended(Duration bound) {
      try {
        return ended.await(bound.toMillis() / 4, TimeUnit.MILLISECONDS) || closed.getCount() == 0;
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        closed.countDown();
        return true;
      }
    }
  }
}
