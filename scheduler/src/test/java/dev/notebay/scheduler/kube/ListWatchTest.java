package dev.notebay.scheduler.kube;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.kube.ListWatch.Timing;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeListBuilder;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.Watcher.Action;
import io.fabric8.kubernetes.client.WatcherException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ListWatchTest {
  private static final Timing QUICK =
      new Timing(Duration.ofSeconds(30), Duration.ofMillis(400), Duration.ofMillis(20));
  private static final Timing PATIENT =
      new Timing(Duration.ofSeconds(30), Duration.ofSeconds(30), Duration.ofMillis(20));

  private final Script script = new Script();
  private final Names names = new Names();
  private ListWatch<Node> listWatch = listWatch(PATIENT);

  private ListWatch<Node> listWatch(Timing timing) {
    return new ListWatch<>("nodes", script, names, timing);
  }

  @AfterEach
  void close() {
    listWatch.close();
  }

  @Test
  void listsEveryPageThenWatchesFromThere() throws InterruptedException {
    script.answers.add(page("7", "more", "a"));
    script.answers.add(page("7", "", "b"));
    listWatch.start();

    assertThat(script.asked()).isEqualTo("list");
    assertThat(script.asked()).isEqualTo("list continue=more");
    assertThat(script.asked()).isEqualTo("watch from=7");
    assertThat(names.present).containsExactly("a", "b");
    assertThat(listWatch.isSynced()).isTrue();
    assertThat(listWatch.trouble()).isEmpty();
  }

  @Test
  void goesOnWhereAWatchWasThatTheServerEnded() throws InterruptedException {
    Watcher<Node> watcher = watching("7", "a");
    watcher.eventReceived(Action.ADDED, node("b", "8"));
    watcher.eventReceived(Action.DELETED, node("a", "9"));
    watcher.eventReceived(Action.BOOKMARK, node("", "12"));
    watcher.onClose();

    assertThat(script.asked()).isEqualTo("watch from=12");
    assertThat(names.present).containsExactly("b");
  }

  @Test
  void goesOnWhereAWatchWasWhoseConnectionBroke() throws InterruptedException {
    Watcher<Node> watcher = watching("7", "a");
    watcher.eventReceived(Action.ADDED, node("b", "8"));
    watcher.onClose(new WatcherException("connection reset"));

    assertThat(script.asked()).isEqualTo("watch from=8");

    script.watchers.take().onClose(new WatcherException("connection refused"));
    script.answers.add(page("9", "", "b"));
    assertThat(script.asked()).isEqualTo("list");
  }

  @Test
  void listsAgainWhatAWatchCameTooLateForAndDropsWhatIsGone() throws InterruptedException {
    Watcher<Node> watcher = watching("7", "a", "b");
    script.answers.add(page("90", "", "b", "c"));
    watcher.onClose(
        new WatcherException(
            "too old", new KubernetesClientException(new StatusBuilder().withCode(410).build())));

    assertThat(script.asked()).isEqualTo("list");
    assertThat(script.asked()).isEqualTo("watch from=90");
    assertThat(names.present).containsExactly("b", "c");
  }

  @Test
  void listsAgainAfterAnErrorWithinAWatch() throws InterruptedException {
    Watcher<Node> watcher = watching("7", "a");
    script.answers.add(page("9", "", "b"));
    watcher.eventReceived(Action.ERROR, node("", "8"));

    assertThat(script.asked()).isEqualTo("list");
    assertThat(script.asked()).isEqualTo("watch from=9");
    assertThat(names.present).containsExactly("b");
  }

  @Test
  void givesUpAWatchThatStallsAndHearsNoneOfItsLateWords() throws InterruptedException {
    listWatch = listWatch(QUICK);
    Watcher<Node> stalled = watching("7", "a");
    script.answers.add(page("9", "", "b"));

    assertThat(script.asked()).isEqualTo("list");
    assertThat(script.asked()).isEqualTo("watch from=9");
    stalled.eventReceived(Action.ADDED, node("late", "8"));
    assertThat(names.present).containsExactly("b");
  }

  @Test
  void triesAgainForAsLongAsTheServerIsAwayAndSaysWhy() throws InterruptedException {
    script.answers.add(new KubernetesClientException("connection refused"));
    script.answers.add(new KubernetesClientException("connection refused"));
    listWatch.start();

    assertThat(script.asked()).isEqualTo("list");
    assertThat(script.asked()).isEqualTo("list");
    assertThat(listWatch.isSynced()).isFalse();
    assertThat(listWatch.trouble()).isEqualTo("connection refused");
    script.answers.add(page("3", "", "a"));
    assertThat(script.asked()).isEqualTo("list");
    assertThat(script.asked()).isEqualTo("watch from=3");
    assertThat(listWatch.isSynced()).isTrue();
  }

  private Watcher<Node> watching(String version, String... present) throws InterruptedException {
    script.answers.add(page(version, "", present));
    listWatch.start();
    assertThat(script.asked()).isEqualTo("list");
    assertThat(script.asked()).isEqualTo("watch from=" + version);
    return script.watchers.take();
  }

  private static KubernetesResourceList<Node> page(String version, String next, String... names) {
    return new NodeListBuilder()
        .withNewMetadata()
        .withResourceVersion(version)
        .withContinue(next)
        .endMetadata()
        .withItems(List.of(names).stream().map(name -> node(name, version)).toList())
        .build();
  }

  private static Node node(String name, String version) {
    return new NodeBuilder()
        .withNewMetadata()
        .withName(name)
        .withUid("uid-" + name)
        .withResourceVersion(version)
        .endMetadata()
        .build();
  }

  /** Answers a list with what was prepared, and leaves watches to the test. */
  private static final class Script implements ListWatch.Source<Node> {
    final BlockingQueue<Object> answers = new LinkedBlockingQueue<>();
    final BlockingQueue<Watcher<Node>> watchers = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> questions = new LinkedBlockingQueue<>();

    String asked() throws InterruptedException {
      return String.valueOf(questions.poll(20, TimeUnit.SECONDS));
    }

    @Override
    @SuppressWarnings("unchecked")
    public KubernetesResourceList<Node> list(ListOptions options) {
      try {
        Object answer = answers.take();
        questions.add(
            "list" + (options.getContinue() == null ? "" : " continue=" + options.getContinue()));
        if (answer instanceof KubernetesClientException failure) {
          throw failure;
        }
        return (KubernetesResourceList<Node>) answer;
      } catch (InterruptedException interrupted) {
        throw new IllegalStateException(interrupted);
      }
    }

    @Override
    public Watch watch(ListOptions options, Watcher<Node> watcher) {
      watchers.add(watcher);
      questions.add("watch from=" + options.getResourceVersion());
      return () -> {};
    }
  }

  private static final class Names implements ListWatch.Mirror<Node> {
    final Collection<String> present = new ConcurrentSkipListSet<>();

    @Override
    public void put(Node node) {
      present.add(node.getMetadata().getName());
    }

    @Override
    public void remove(Node node) {
      present.remove(node.getMetadata().getName());
    }

    @Override
    public void only(Set<String> uids) {
      new TreeSet<>(present)
          .stream().filter(name -> !uids.contains("uid-" + name)).forEach(present::remove);
    }
  }
}
