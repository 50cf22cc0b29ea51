package dev.notebay.storage.grpc;

import com.google.protobuf.Timestamp;
import dev.notebay.proto.volume.v1.FileInfo;
import dev.notebay.proto.volume.v1.Mount;
import dev.notebay.proto.volume.v1.Volume;
import dev.notebay.proto.volume.v1.VolumeUsage;
import dev.notebay.storage.core.file.FileDescription;
import dev.notebay.storage.core.volume.Usage;
import dev.notebay.storage.core.volume.VolumeLife;
import dev.notebay.storage.core.volume.VolumePolicy;
import dev.notebay.storage.core.volume.VolumeView;
import java.time.Instant;

/** Our values as the contract's messages. */
final class Messages {
  private final VolumePolicy policy;

  Messages(VolumePolicy policy) {
    this.policy = policy;
  }

  Volume volume(VolumeView view) {
    var volume = view.volume();
    Volume.Builder message =
        Volume.newBuilder()
            .setName("volumes/" + volume.id())
            .setOwner(volume.owner().subject())
            .setDisplayName(volume.displayName())
            .setQuotaBytes(policy.quotaOf(volume).bytes())
            .setCreateTime(timestamp(volume.createdAt()))
            .setUpdateTime(timestamp(volume.updatedAt()))
            .setEtag(volume.etag());
    message.setAccessMode(
        switch (volume.accessMode()) {
          case MULTI_WRITER -> Volume.AccessMode.ACCESS_MODE_MULTI_WRITER;
          case SINGLE_WRITER -> Volume.AccessMode.ACCESS_MODE_SINGLE_WRITER;
        });
    switch (volume.life()) {
      case VolumeLife.Active _ -> message.setState(Volume.State.STATE_ACTIVE);
      case VolumeLife.Deleted(var since, var expires) ->
          message
              .setState(Volume.State.STATE_DELETED)
              .setDeleteTime(timestamp(since))
              .setExpireTime(timestamp(expires));
      case VolumeLife.Purging(var since) ->
          message.setState(Volume.State.STATE_DELETED).setDeleteTime(timestamp(since));
    }
    view.usage().map(Messages::usage).ifPresent(message::setUsage);
    view.mounts().stream().map(Messages::mount).forEach(message::addMounts);
    return message.build();
  }

  private static VolumeUsage usage(Usage usage) {
    return VolumeUsage.newBuilder()
        .setUsedBytes(usage.usedBytes())
        .setFileCount(usage.fileCount())
        .setMeasureTime(timestamp(usage.measuredAt()))
        .build();
  }

  static Mount mount(dev.notebay.storage.core.volume.Mount mount) {
    return Mount.newBuilder()
        .setSessionId(mount.session().toString())
        .setAttempt(mount.attempt())
        .setMountTime(timestamp(mount.since()))
        .setNode(mount.node())
        .build();
  }

  static FileInfo file(FileDescription file) {
    return FileInfo.newBuilder()
        .setPath(file.path())
        .setType(
            switch (file.type()) {
              case FILE -> FileInfo.Type.TYPE_FILE;
              case DIRECTORY -> FileInfo.Type.TYPE_DIRECTORY;
              case SYMLINK -> FileInfo.Type.TYPE_SYMLINK;
              case OTHER -> FileInfo.Type.TYPE_OTHER;
            })
        .setSizeBytes(file.sizeBytes())
        .setModifyTime(timestamp(file.modifiedAt()))
        .build();
  }

  private static Timestamp timestamp(Instant instant) {
    return Timestamp.newBuilder()
        .setSeconds(instant.getEpochSecond())
        .setNanos(instant.getNano())
        .build();
  }
}
