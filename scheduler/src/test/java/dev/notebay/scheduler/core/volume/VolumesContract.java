package dev.notebay.scheduler.core.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.volume.Volumes.Mounting;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link Volumes} does. */
public abstract class VolumesContract {
  /** A volume for one writer, which every owner in these tests has. */
  protected static final String VOLUME = "alone";

  private final Owner owner = new Owner("owner-" + UUID.randomUUID());
  private final SessionId session = new SessionId(UUID.randomUUID());
  private final SessionId another = new SessionId(UUID.randomUUID());

  protected abstract Volumes volumes();

  /** Makes {@link #VOLUME} for an owner. */
  protected abstract void make(Owner owner) throws Exception;

  @BeforeEach
  void makeVolume() throws Exception {
    make(owner);
  }

  private Mounting mount(SessionId id, int attempt) {
    return volumes().mount(owner, VOLUME, new RuntimeName(id, attempt), "node");
  }

  private void unmount(SessionId id, int attempt) {
    assertThat(volumes().unmount(new RuntimeName(id, attempt))).isTrue();
  }

  @Test
  void mountingAgainIsMountingOnce() {
    Mounting first = mount(session, 1);

    assertThat(first).isInstanceOf(Mounting.Mounted.class);
    assertThat(mount(session, 1)).isEqualTo(first);
  }

  @Test
  void whatOneSessionWritesNoOtherMay() throws Exception {
    Owner neighbour = new Owner("x-" + owner.subject());
    make(neighbour);
    mount(session, 1);

    assertThat(mount(another, 1)).isInstanceOf(Mounting.InUse.class);
    assertThat(volumes().mount(neighbour, VOLUME, runtime(), "node"))
        .as("another person's volume of the same name")
        .isInstanceOf(Mounting.Mounted.class);
  }

  private static RuntimeName runtime() {
    return new RuntimeName(new SessionId(UUID.randomUUID()), 1);
  }

  @Test
  void whatWasUnmountedIsFreeForOthers() {
    mount(session, 1);
    unmount(session, 1);

    assertThat(mount(another, 1)).isInstanceOf(Mounting.Mounted.class);
  }

  @Test
  void anAttemptThatWasUnmountedNeverMountsAgain() {
    mount(session, 1);
    unmount(session, 1);

    assertThat(mount(session, 1)).isInstanceOf(Mounting.Refused.class);
    assertThat(mount(another, 1))
        .as("the late one left nothing")
        .isInstanceOf(Mounting.Mounted.class);
  }

  @Test
  void anAttemptThatWasUnmountedBeforeItMountedNeverDoes() {
    unmount(session, 1);

    assertThat(mount(session, 1)).isInstanceOf(Mounting.Refused.class);
  }

  @Test
  void aNewerAttemptTakesOverAndTheOlderStaysOut() {
    mount(session, 1);

    assertThat(mount(session, 2)).isInstanceOf(Mounting.Mounted.class);
    assertThat(mount(session, 1)).isInstanceOf(Mounting.Refused.class);
    assertThat(mount(session, 2)).isInstanceOf(Mounting.Mounted.class);
  }

  @Test
  void anOlderAttemptsUnmountLeavesTheNewerAlone() {
    mount(session, 1);
    mount(session, 2);
    unmount(session, 1);

    assertThat(mount(another, 1)).isInstanceOf(Mounting.InUse.class);
  }

  @Test
  void whoWasRefusedBecauseItIsInUseMayTryAgain() {
    mount(session, 1);
    mount(another, 1);
    unmount(session, 1);

    assertThat(mount(another, 1)).isInstanceOf(Mounting.Mounted.class);
  }

  @Test
  void unmountingAgainOrNothingIsDone() {
    unmount(session, 3);
    unmount(session, 3);
    unmount(another, 1);
  }
}
