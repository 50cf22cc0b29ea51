package dev.notebay.scheduler.kube.session;

import dev.notebay.scheduler.kube.session.SessionHappenings.Happening;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps objects as an API server does, as far as the controller can tell: uids, versions,
 * finalizers, and one field manager beside a person.
 */
final class FakeSessionObjectApi implements SessionObjectApi {
  private final Map<String, NotebookSession> objects = new TreeMap<>();
  private final Map<String, NotebookSession> stated = new HashMap<>();
  private final SessionObjectCache cache;
  private long version;
  private BooleanSupplier failing = () -> false;
  private int code = 500;

  /** All writes, in order: {@code apply NAME}, {@code status NAME STATE}, {@code delete NAME}. */
  final List<String> writes = new ArrayList<>();

  /** {@code NAME REASON: note}. */
  final List<String> events = new ArrayList<>();

  /**
   * @param cache told of everything at once, as by a watch that never lags
   */
  FakeSessionObjectApi(SessionObjectCache cache) {
    this.cache = cache;
  }

  /** Asked before every write whether it fails. */
  void failWhen(BooleanSupplier failing) {
    this.failing = failing;
  }

  /** From now on every write fails with this status. */
  void failWith(int always) {
    code = always;
    failWhen(() -> true);
  }

  /** After so many writes one fails. */
  void failOnceAfter(int writes) {
    var left = new AtomicInteger(writes);
    failWhen(() -> left.getAndDecrement() == 0);
  }

  /** A person applies a new object. */
  NotebookSession person(NotebookSession object) {
    NotebookSession made = copy(object);
    made.getMetadata().setUid(new UUID(1, ++version).toString());
    made.getMetadata().setGeneration(1L);
    made.getMetadata().setCreationTimestamp("2026-01-01T12:00:00Z");
    return keep(made);
  }

  /** A person deletes an object. */
  void personDeletes(String name) {
    remove(get(name));
  }

  /** A person takes away an object in spite of its finalizers. */
  void personForces(String name) {
    cache.remove(Objects.requireNonNull(objects.remove(name)));
  }

  NotebookSession get(String name) {
    return Objects.requireNonNull(objects.get(name), () -> name + " in " + objects.keySet());
  }

  Collection<NotebookSession> all() {
    return List.copyOf(objects.values());
  }

  @Override
  public Optional<NotebookSession> apply(NotebookSession object) {
    mayFail();
    String name = object.getMetadata().getName();
    writes.add("apply " + name);
    NotebookSession present = objects.get(name);
    String uid = object.getMetadata().getUid();
    if (uid != null && (present == null || !uid.equals(present.getMetadata().getUid()))) {
      return Optional.empty();
    }
    if (present != null
        && object.getSpec() != null
        && !object.getSpec().equals(present.getSpec())) {
      throw new KubernetesClientException("spec: it cannot be changed", 422, null);
    }
    NotebookSession before = stated.put(name, copy(object));
    if (present == null) {
      return Optional.of(person(object));
    }
    NotebookSession next = copy(present);
    Map<String, String> labels = new TreeMap<>(orEmpty(next.getMetadata().getLabels()));
    if (before != null) {
      orEmpty(before.getMetadata().getLabels()).keySet().forEach(labels::remove);
      before.getMetadata().getFinalizers().forEach(next.getMetadata().getFinalizers()::remove);
    }
    labels.putAll(orEmpty(object.getMetadata().getLabels()));
    next.getMetadata().setLabels(labels);
    object.getMetadata().getFinalizers().stream()
        .filter(finalizer -> !next.getMetadata().getFinalizers().contains(finalizer))
        .forEach(next.getMetadata().getFinalizers()::add);
    return Optional.of(next.isMarkedForDeletion() ? goIfFree(next) : keep(next));
  }

  @Override
  public Optional<NotebookSession> applyStatus(NotebookSession object) {
    mayFail();
    String name = object.getMetadata().getName();
    NotebookSession present = objects.get(name);
    if (present == null || !present.getMetadata().getUid().equals(object.getMetadata().getUid())) {
      return Optional.empty();
    }
    NotebookSession next = copy(present);
    next.setStatus(copy(object).getStatus());
    writes.add("status " + name + " " + next.getStatus().state());
    return Optional.of(keep(next));
  }

  @Override
  public boolean delete(NotebookSession object) {
    mayFail();
    String name = object.getMetadata().getName();
    writes.add("delete " + name);
    NotebookSession present = get(name);
    if (!present
        .getMetadata()
        .getResourceVersion()
        .equals(object.getMetadata().getResourceVersion())) {
      return false;
    }
    remove(present);
    return true;
  }

  private void remove(NotebookSession object) {
    NotebookSession next = copy(object);
    next.getMetadata().setDeletionTimestamp("2026-01-01T12:00:00Z");
    goIfFree(next);
  }

  @Override
  public void record(NotebookSession about, Happening happening, Instant at) {
    mayFail();
    events.add(about.getMetadata().getName() + " " + happening.reason() + ": " + happening.note());
  }

  private NotebookSession goIfFree(NotebookSession object) {
    if (!object.getMetadata().getFinalizers().isEmpty()) {
      return keep(object);
    }
    objects.remove(object.getMetadata().getName());
    stated.remove(object.getMetadata().getName());
    cache.remove(object);
    return object;
  }

  private NotebookSession keep(NotebookSession object) {
    object.getMetadata().setResourceVersion(Long.toString(++version));
    objects.put(object.getMetadata().getName(), object);
    cache.put(copy(object));
    return copy(object);
  }

  private void mayFail() {
    if (failing.getAsBoolean()) {
      throw new KubernetesClientException("etcdserver: request timed out", code, null);
    }
  }

  /** As it is after having been sent. */
  private static NotebookSession copy(NotebookSession object) {
    return Serialization.unmarshal(Serialization.asJson(object), NotebookSession.class);
  }

  private static Map<String, String> orEmpty(@Nullable Map<String, String> labels) {
    return labels == null ? Map.of() : labels;
  }
}
