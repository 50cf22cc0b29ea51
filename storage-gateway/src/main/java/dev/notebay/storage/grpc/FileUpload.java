package dev.notebay.storage.grpc;

import dev.notebay.proto.volume.v1.FileInfo;
import dev.notebay.proto.volume.v1.WriteFileRequest;
import dev.notebay.storage.core.file.FileDescription;
import dev.notebay.storage.core.file.VolumeFiles.Upload;
import dev.notebay.storage.core.volume.StorageException.InvalidField;
import io.grpc.stub.StreamObserver;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Takes a file in parts. Whatever goes wrong, from here or from the sender, nothing of it stays.
 * The next part is asked for when the one before is on disk.
 */
final class FileUpload implements StreamObserver<WriteFileRequest> {
  private static final int MAXIMUM_PART_BYTES = 1 << 20;

  private final Function<WriteFileRequest.Header, Upload> begin;
  private final StreamObserver<FileInfo> response;
  private @Nullable Upload upload;
  private boolean failed;

  FileUpload(Function<WriteFileRequest.Header, Upload> begin, StreamObserver<FileInfo> response) {
    this.begin = begin;
    this.response = response;
  }

  @Override
  public void onNext(WriteFileRequest part) {
    if (failed) {
      return;
    }
    try {
      take(part);
    } catch (RuntimeException failure) {
      abandon();
      throw failure;
    }
  }

  private void take(WriteFileRequest part) {
    Upload open = upload;
    switch (part.getContentCase()) {
      case HEADER -> {
        if (open != null) {
          throw new InvalidField("header", "sent twice", "only in the first message");
        }
        upload = begin.apply(part.getHeader());
      }
      case DATA -> {
        if (open == null) {
          throw new InvalidField("content", "data", "header in the first message");
        }
        if (part.getData().size() > MAXIMUM_PART_BYTES) {
          throw new InvalidField("data", part.getData().size() + " bytes", "at most 1048576");
        }
        open.append(part.getData().asReadOnlyByteBuffer());
      }
      case CONTENT_NOT_SET -> throw new InvalidField("content", "none", "header or data");
    }
  }

  @Override
  public void onError(Throwable cancelled) {
    abandon();
  }

  @Override
  public void onCompleted() {
    if (failed) {
      return;
    }
    try {
      Upload open = upload;
      if (open == null) {
        throw new InvalidField("header", "none", "header in the first message");
      }
      FileDescription file = open.commit();
      open.close();
      response.onNext(Messages.file(file));
      response.onCompleted();
    } catch (RuntimeException failure) {
      abandon();
      throw failure;
    }
  }

  private void abandon() {
    failed = true;
    Upload open = upload;
    if (open != null) {
      open.close();
    }
  }
}
