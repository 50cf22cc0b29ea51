package dev.notebay.storage.grpc;

import dev.notebay.rpc.ErrorStatus;
import dev.notebay.storage.core.volume.StorageException;
import dev.notebay.storage.core.volume.StorageException.ClaimUnusable;
import dev.notebay.storage.core.volume.StorageException.ClusterUnavailable;
import dev.notebay.storage.core.volume.StorageException.DatabaseUnavailable;
import dev.notebay.storage.core.volume.StorageException.DiskFull;
import dev.notebay.storage.core.volume.StorageException.DiskUnavailable;
import dev.notebay.storage.core.volume.StorageException.EtagMismatch;
import dev.notebay.storage.core.volume.StorageException.FileExists;
import dev.notebay.storage.core.volume.StorageException.FileNotAllowed;
import dev.notebay.storage.core.volume.StorageException.FileNotFound;
import dev.notebay.storage.core.volume.StorageException.FilesElsewhere;
import dev.notebay.storage.core.volume.StorageException.InvalidField;
import dev.notebay.storage.core.volume.StorageException.MountFenced;
import dev.notebay.storage.core.volume.StorageException.NotPermitted;
import dev.notebay.storage.core.volume.StorageException.QuotaExceeded;
import dev.notebay.storage.core.volume.StorageException.RequestIdReused;
import dev.notebay.storage.core.volume.StorageException.TooManyVolumes;
import dev.notebay.storage.core.volume.StorageException.TooManyWriters;
import dev.notebay.storage.core.volume.StorageException.VolumeExists;
import dev.notebay.storage.core.volume.StorageException.VolumeInTrash;
import dev.notebay.storage.core.volume.StorageException.VolumeInUse;
import dev.notebay.storage.core.volume.StorageException.VolumeMounted;
import dev.notebay.storage.core.volume.StorageException.VolumeNotFound;
import dev.notebay.storage.core.volume.StorageException.VolumeNotInTrash;
import dev.notebay.storage.core.volume.StorageException.WrongFileType;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.time.Duration;

/** The one place where a failure becomes a status. */
public final class Errors {
  private static final Duration SOON = Duration.ofSeconds(1);

  private Errors() {}

  /** The status of {@code failure}; one that this service does not know is thrown again. */
  public static StatusRuntimeException statusOf(RuntimeException failure) {
    if (failure instanceof StorageException known) {
      return errorOf(known).toException();
    }
    throw failure;
  }

  private static ErrorStatus errorOf(StorageException failure) {
    return switch (failure) {
      case InvalidField bad -> ErrorStatus.invalid(bad.field(), bad.value(), bad.expected());
      case RequestIdReused e -> error(Code.INVALID_ARGUMENT, "REQUEST_ID_REUSED", e);
      case VolumeNotFound e -> error(Code.NOT_FOUND, "VOLUME_NOT_FOUND", e);
      case VolumeExists e -> error(Code.ALREADY_EXISTS, "VOLUME_EXISTS", e);
      case VolumeInTrash e -> error(Code.FAILED_PRECONDITION, "VOLUME_IN_TRASH", e);
      case VolumeNotInTrash e -> error(Code.FAILED_PRECONDITION, "VOLUME_NOT_IN_TRASH", e);
      case VolumeMounted e -> error(Code.FAILED_PRECONDITION, "VOLUME_MOUNTED", e);
      case VolumeInUse e -> error(Code.FAILED_PRECONDITION, "VOLUME_IN_USE", e);
      case MountFenced e -> error(Code.FAILED_PRECONDITION, "MOUNT_FENCED", e);
      case EtagMismatch e -> error(Code.ABORTED, "ETAG_MISMATCH", e);
      case TooManyWriters e -> error(Code.ABORTED, "CONCURRENT_CHANGE", e);
      case TooManyVolumes e -> error(Code.RESOURCE_EXHAUSTED, "TOO_MANY_VOLUMES", e);
      case NotPermitted e -> error(Code.PERMISSION_DENIED, "NOT_PERMITTED", e);
      case QuotaExceeded e -> error(Code.RESOURCE_EXHAUSTED, "QUOTA_EXCEEDED", e);
      case DiskFull e -> error(Code.RESOURCE_EXHAUSTED, "DISK_FULL", e);
      case FilesElsewhere e -> error(Code.FAILED_PRECONDITION, "FILES_ELSEWHERE", e);
      case ClaimUnusable e -> error(Code.FAILED_PRECONDITION, "CLAIM_UNUSABLE", e);
      case ClusterUnavailable e ->
          error(Code.UNAVAILABLE, "CLUSTER_UNAVAILABLE", e).retryAfter(SOON);
      case FileNotFound e -> error(Code.NOT_FOUND, "FILE_NOT_FOUND", e);
      case FileExists e -> error(Code.ALREADY_EXISTS, "FILE_EXISTS", e);
      case WrongFileType e -> error(Code.FAILED_PRECONDITION, e.problem().name(), e);
      case FileNotAllowed e -> error(Code.PERMISSION_DENIED, "FILE_NOT_ALLOWED", e);
      case DatabaseUnavailable e ->
          error(Code.UNAVAILABLE, "DATABASE_UNAVAILABLE", e).retryAfter(SOON);
      case DiskUnavailable e -> error(Code.UNAVAILABLE, "DISK_UNAVAILABLE", e).retryAfter(SOON);
    };
  }

  private static ErrorStatus error(Code code, String reason, StorageException failure) {
    return ErrorStatus.of(code, reason, "" + failure.getMessage(), failure.details());
  }
}
