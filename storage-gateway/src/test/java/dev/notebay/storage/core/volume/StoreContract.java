package dev.notebay.storage.core.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.notebay.storage.core.mount.MountRule.Decision;
import dev.notebay.storage.core.mount.MountStore;
import dev.notebay.storage.core.volume.StorageException.VolumeMounted;
import dev.notebay.storage.core.volume.VolumeLife.Active;
import dev.notebay.storage.core.volume.VolumeStore.Inserted;
import dev.notebay.storage.core.volume.VolumeStore.Request;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** What every {@link VolumeStore} with its {@link MountStore} must do. */
public abstract class StoreContract {
  private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");
  private static final int MANY = 1000;

  private final Owner owner = new Owner("owner/../" + UUID.randomUUID());

  protected abstract VolumeStore volumes();

  protected abstract MountStore mounts();

  @Test
  void givesBackWhatWasPutInInEveryState() {
    Volume active = insert("a", AccessMode.SINGLE_WRITER);
    assertThat(find("a")).contains(new VolumeView(active, Optional.empty(), List.of()));

    Volume deleted = active.deleted(NOON.plusSeconds(1), Duration.ofDays(30)).orElseThrow();
    assertThat(volumes().replace(deleted)).isTrue();
    assertThat(find("a").map(VolumeView::volume)).contains(deleted);

    Volume restored = deleted.restored(NOON.plusSeconds(2)).orElseThrow();
    assertThat(volumes().replace(restored)).isTrue();
    assertThat(find("a").map(VolumeView::volume)).contains(restored);
  }

  @Test
  void letsOnlyOneOfTwoWritersWin() {
    Volume volume = insert("a", AccessMode.MULTI_WRITER);
    Volume mine = volume.with("mine", new Quota(1), NOON);
    Volume theirs = volume.with("theirs", new Quota(2), NOON);
    assertThat(volumes().replace(mine)).isTrue();
    assertThat(volumes().replace(theirs)).isFalse();
    assertThat(find("a").map(VolumeView::volume)).contains(mine);
  }

  @Test
  void makesOncePerRequest() {
    var request = new Request(new RequestId(UUID.randomUUID()), "digest");
    Volume volume = volume("a", AccessMode.MULTI_WRITER);
    assertThat(volumes().insert(volume, Optional.of(request), MANY)).isEqualTo(new Inserted.Made());
    assertThat(volumes().insert(volume("a", AccessMode.MULTI_WRITER), Optional.of(request), MANY))
        .isEqualTo(new Inserted.Before(volume));
    assertThat(
            volumes()
                .insert(
                    volume("b", AccessMode.MULTI_WRITER),
                    Optional.of(new Request(request.id(), "other")),
                    MANY))
        .isEqualTo(new Inserted.OtherRequest());
    assertThat(volumes().insert(volume("a", AccessMode.MULTI_WRITER), Optional.empty(), MANY))
        .isEqualTo(new Inserted.Exists(volume));
  }

  @Test
  void boundsTheNumberOfAnOwnersVolumes() throws Exception {
    List<Inserted> results =
        race(
            12,
            number ->
                volumes()
                    .insert(volume("v" + number, AccessMode.MULTI_WRITER), Optional.empty(), 5));
    assertThat(results).filteredOn(Inserted.Made.class::isInstance).hasSize(5);
    assertThat(results).filteredOn(Inserted.TooMany.class::isInstance).hasSize(7);
  }

  @Test
  void makesOneVolumeOfAHundredSameRequests() throws Exception {
    var request = new Request(new RequestId(UUID.randomUUID()), "digest");
    List<Inserted> results =
        race(
            100,
            _ ->
                volumes().insert(volume("a", AccessMode.MULTI_WRITER), Optional.of(request), MANY));
    assertThat(results).filteredOn(Inserted.Made.class::isInstance).hasSize(1);
    assertThat(results).filteredOn(Inserted.Before.class::isInstance).hasSize(99);
  }

  @Test
  void listsAnOwnersVolumesByIdAndNobodyElses() {
    for (String id : List.of("b", "a-b", "a", "a0", "c")) {
      insert(id, AccessMode.MULTI_WRITER);
    }
    Volume deleted =
        find("c").orElseThrow().volume().deleted(NOON, Duration.ofDays(1)).orElseThrow();
    volumes().replace(deleted);
    assertThat(ids(volumes().list(owner, Optional.empty(), false, 10)))
        .containsExactly("a", "a-b", "a0", "b");
    assertThat(ids(volumes().list(owner, Optional.of(new VolumeId("a-b")), true, 2)))
        .containsExactly("a0", "b");
    assertThat(volumes().list(new Owner(owner + "x"), Optional.empty(), true, 10)).isEmpty();
  }

  @Test
  void keepsTheNewestMeasurement() {
    Volume volume = insert("a", AccessMode.MULTI_WRITER);
    var newer = new Usage(7, 2, NOON.plusSeconds(9));
    volumes().measured(volume.uid(), new Usage(5, 1, NOON));
    volumes().measured(volume.uid(), newer);
    volumes().measured(volume.uid(), new Usage(6, 1, NOON.plusSeconds(3)));
    assertThat(find("a").flatMap(VolumeView::usage)).contains(newer);
    assertThat(volumes().notMeasuredSince(NOON.plusSeconds(99), NOON.plusSeconds(9), MANY))
        .doesNotContain(volume);
    assertThat(volumes().notMeasuredSince(NOON, NOON.plusSeconds(10), MANY)).contains(volume);
    mounts().mount(volume.uid(), mount(UUID.randomUUID(), 1));
    assertThat(volumes().notMeasuredSince(NOON.plusSeconds(10), NOON, MANY)).contains(volume);
  }

  @Test
  void givesTheNameOfAPurgingVolumeBackAndForgetsOnlyThat() {
    Volume volume = insert("a", AccessMode.MULTI_WRITER);
    volumes().forget(volume.uid());
    assertThat(find("a")).isPresent();
    Volume deleted = volume.deleted(NOON, Duration.ofDays(1)).orElseThrow();
    volumes().replace(deleted);
    assertThat(volumes().expired(NOON.plus(Duration.ofHours(23)), MANY)).doesNotContain(deleted);
    assertThat(volumes().expired(NOON.plus(Duration.ofDays(1)), MANY)).contains(deleted);
    Volume purging = deleted.expired(NOON.plus(Duration.ofDays(1))).orElseThrow();
    volumes().replace(purging);
    assertThat(find("a")).isEmpty();
    assertThat(volumes().purging(MANY)).contains(purging);
    insert("a", AccessMode.MULTI_WRITER);
    volumes().forget(purging.uid());
    assertThat(volumes().purging(MANY)).doesNotContain(purging);
    assertThat(find("a")).isPresent();
  }

  @Test
  void makesAnotherForTheRequestOfOneThatIsPurging() {
    var request = new Request(new RequestId(UUID.randomUUID()), "digest");
    Volume first = volume("a", AccessMode.MULTI_WRITER);
    Volume second = volume("a", AccessMode.MULTI_WRITER);
    volumes().insert(first, Optional.of(request), MANY);
    volumes().replaceUnmounted(first.withdrawn(NOON).orElseThrow());
    assertThat(volumes().insert(second, Optional.of(request), MANY)).isEqualTo(new Inserted.Made());
    volumes().forget(first.uid());
    assertThat(volumes().insert(first, Optional.of(request), MANY))
        .isEqualTo(new Inserted.Before(second));
  }

  @Test
  void letsNoMountSlipIntoTheTrash() throws Exception {
    for (int round = 0; round < 20; round++) {
      Volume volume = insert("v" + round, AccessMode.MULTI_WRITER);
      var session = new SessionId(UUID.randomUUID());
      Volume deleted = volume.deleted(NOON, Duration.ofDays(1)).orElseThrow();
      race(
          2,
          number -> {
            if (number == 0) {
              try {
                return volumes().replaceUnmounted(deleted);
              } catch (VolumeMounted mounted) {
                return false;
              }
            }
            return mounts().mount(volume.uid(), new Mount(session, 1, "n", NOON)).orElseThrow()
                instanceof Decision.Granted;
          });
      VolumeView after = find("v" + round).orElseThrow();
      assertThat(after.mounts().isEmpty()).isEqualTo(!(after.volume().life() instanceof Active));
    }
  }

  @Test
  void givesASingleWriterVolumeToOneOfManySessions() throws Exception {
    Volume volume = insert("solo", AccessMode.SINGLE_WRITER);
    List<Decision> decisions =
        race(16, _ -> mounts().mount(volume.uid(), mount(UUID.randomUUID(), 1)).orElseThrow());
    assertThat(decisions).filteredOn(Decision.Granted.class::isInstance).hasSize(1);
    assertThat(decisions).filteredOn(Decision.HeldBy.class::isInstance).hasSize(15);
    assertThat(find("solo").orElseThrow().mounts()).hasSize(1);
  }

  @Test
  void refusesToMountWhatIsMountedWhenAskedToDelete() {
    Volume volume = insert("a", AccessMode.MULTI_WRITER);
    mounts().mount(volume.uid(), mount(UUID.randomUUID(), 1));
    Volume deleted = volume.deleted(NOON, Duration.ofDays(1)).orElseThrow();
    assertThatThrownBy(() -> volumes().replaceUnmounted(deleted)).isInstanceOf(VolumeMounted.class);
    assertThat(find("a").map(VolumeView::volume)).contains(volume);
  }

  @Test
  void knowsNoVolumeThatIsNotThere() {
    assertThat(mounts().mount(new VolumeUid(UUID.randomUUID()), mount(UUID.randomUUID(), 1)))
        .isEmpty();
  }

  @Test
  void refusesAMountThatComesAfterItsUnmount() {
    Volume volume = insert("a", AccessMode.SINGLE_WRITER);
    UUID session = UUID.randomUUID();
    assertThat(mounts().unmount(new SessionId(session), 3)).isZero();
    assertThat(mounts().mount(volume.uid(), mount(session, 3))).contains(new Decision.Fenced(4));
    assertThat(mounts().mount(volume.uid(), mount(session, 4)))
        .containsInstanceOf(Decision.Granted.class);
    assertThat(mounts().unmount(new SessionId(session), 3)).isZero();
    assertThat(find("a").orElseThrow().mounts()).hasSize(1);
    assertThat(mounts().unmount(new SessionId(session), Integer.MAX_VALUE)).isEqualTo(1);
    assertThat(mounts().mount(volume.uid(), mount(session, 5)))
        .contains(new Decision.Fenced(Integer.MAX_VALUE));
  }

  /**
   * Whatever the order of attempts: no attempt older than the newest seen ever gets a mount, nor
   * one that was unmounted.
   */
  @RepeatedTest(20)
  void neverMountsForAnAttemptThatIsOver(RepetitionInfo repetition) {
    var random = new SplittableRandom(repetition.getCurrentRepetition());
    Volume volume = insert("a", AccessMode.MULTI_WRITER);
    var session = new SessionId(UUID.randomUUID());
    int oldestAllowed = 0;
    for (int step = 0; step < 30; step++) {
      int attempt = 1 + random.nextInt(6);
      if (random.nextInt(3) == 0) {
        mounts().unmount(session, attempt);
        oldestAllowed = Math.max(oldestAllowed, attempt + 1);
      } else {
        Decision decision =
            mounts()
                .mount(volume.uid(), new Mount(session, attempt, "n", NOON.plusSeconds(step)))
                .orElseThrow();
        oldestAllowed = Math.max(oldestAllowed, attempt);
        if (attempt < oldestAllowed) {
          assertThat(decision)
              .as("seed " + repetition)
              .isEqualTo(new Decision.Fenced(oldestAllowed));
        } else {
          assertThat(decision).as("seed " + repetition).isInstanceOf(Decision.Granted.class);
        }
      }
      int allowed = oldestAllowed;
      assertThat(find("a").orElseThrow().mounts())
          .hasSizeLessThanOrEqualTo(1)
          .allMatch(mount -> mount.attempt() == allowed);
    }
  }

  private interface Numbered<T> {
    T of(int number) throws Exception;
  }

  private static <T> List<T> race(int runners, Numbered<T> step) throws InterruptedException {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<T>> steps = new ArrayList<>();
      for (int number = 0; number < runners; number++) {
        int mine = number;
        steps.add(() -> step.of(mine));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> result : threads.invokeAll(steps)) {
        results.add(result.get());
      }
      return results;
    } catch (ExecutionException failure) {
      throw new AssertionError(failure);
    }
  }

  private Optional<VolumeView> find(String id) {
    return volumes().find(owner, new VolumeId(id));
  }

  private Volume insert(String id, AccessMode mode) {
    Volume volume = volume(id, mode);
    assertThat(volumes().insert(volume, Optional.empty(), MANY)).isEqualTo(new Inserted.Made());
    return volume;
  }

  private Volume volume(String id, AccessMode mode) {
    return new Volume(
        new VolumeUid(UUID.randomUUID()),
        owner,
        new VolumeId(id),
        "Ümläut 😀",
        mode,
        new Quota(0),
        new Active(),
        NOON,
        NOON,
        1);
  }

  private static Mount mount(UUID session, int attempt) {
    return new Mount(new SessionId(session), attempt, "node", NOON);
  }

  private static List<String> ids(List<VolumeView> views) {
    return views.stream().map(view -> view.volume().id().value()).toList();
  }
}
