package dev.notebay.scheduler.storage;

import dev.notebay.proto.volume.v1.MountVolumeRequest;
import dev.notebay.proto.volume.v1.UnmountVolumeRequest;
import dev.notebay.proto.volume.v1.VolumeServiceGrpc;
import dev.notebay.rpc.ErrorStatus;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.volume.Volumes;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** {@link Volumes} over gRPC. */
public final class StorageGatewayVolumes implements Volumes {
  private static final System.Logger LOG = System.getLogger(StorageGatewayVolumes.class.getName());
  private static final Duration DEADLINE = Duration.ofSeconds(3);

  /** What may be otherwise when asked again; this service's own credential being refused, too. */
  private static final Set<Status.Code> PASSING =
      Set.of(
          Status.Code.UNAVAILABLE,
          Status.Code.DEADLINE_EXCEEDED,
          Status.Code.ABORTED,
          Status.Code.INTERNAL,
          Status.Code.UNKNOWN,
          Status.Code.CANCELLED,
          Status.Code.UNAUTHENTICATED);

  private static final Set<String> PASSING_REASONS = Set.of("DISK_UNAVAILABLE");

  /** The volume that everybody has without asking for it. */
  private static final String DEFAULT_VOLUME = "drive";

  private final VolumeServiceGrpc.VolumeServiceBlockingStub storage;
  private final Runnable dial;

  /**
   * @param storage with credentials of role {@code service}
   * @param dial lets the connection be tried now: gRPC's own pauses after failures grow to two
   *     minutes, in which sessions would fail for want of a gateway that has long been back
   */
  public StorageGatewayVolumes(VolumeServiceGrpc.VolumeServiceBlockingStub storage, Runnable dial) {
    this.storage = storage;
    this.dial = dial;
  }

  @Override
  public Mounting mount(Owner owner, String volume, RuntimeName runtime, String node) {
    dial.run();
    try {
      var response =
          storage
              .withDeadlineAfter(DEADLINE.toMillis(), TimeUnit.MILLISECONDS)
              .mountVolume(
                  MountVolumeRequest.newBuilder()
                      .setOwner(owner.subject())
                      .setVolumeId(volume)
                      .setSessionId(runtime.session().toString())
                      .setAttempt(runtime.attempt())
                      .setNode(node)
                      .setCreateIfMissing(volume.equals(DEFAULT_VOLUME))
                      .build());
      return new Mounting.Mounted(response.getHostPath());
    } catch (StatusRuntimeException failure) {
      return refusal(failure, runtime);
    }
  }

  private static Mounting refusal(StatusRuntimeException failure, RuntimeName runtime) {
    Status status = failure.getStatus();
    String message = status.getDescription() == null ? status.toString() : status.getDescription();
    String reason = ErrorStatus.reasonOf(failure).orElse("");
    if (status.getCode() == Status.Code.NOT_FOUND) {
      return new Mounting.NotFound(message);
    }
    if (reason.equals("VOLUME_IN_USE")) {
      return new Mounting.InUse(message);
    }
    if (PASSING.contains(status.getCode()) || PASSING_REASONS.contains(reason)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "volume not mounted, will retry session=" + runtime.session() + " status=" + status);
      return new Mounting.Unavailable(message);
    }
    return new Mounting.Refused(message);
  }

  @Override
  public boolean unmount(RuntimeName runtime) {
    dial.run();
    try {
      storage
          .withDeadlineAfter(DEADLINE.toMillis(), TimeUnit.MILLISECONDS)
          .unmountVolume(
              UnmountVolumeRequest.newBuilder()
                  .setSessionId(runtime.session().toString())
                  .setAttempt(runtime.attempt())
                  .build());
      return true;
    } catch (StatusRuntimeException failure) {
      LOG.log(
          System.Logger.Level.WARNING,
          "volume not released, will retry session="
              + runtime.session()
              + " status="
              + failure.getStatus());
      return false;
    }
  }
}
