package dev.notebay.storage.grpc;

import com.google.protobuf.ByteString;
import dev.notebay.proto.volume.v1.FileInfo;
import dev.notebay.proto.volume.v1.VolumeServiceGrpc.VolumeServiceStub;
import dev.notebay.proto.volume.v1.WriteFileRequest;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Writes files as a client does. */
final class Uploads {
  private Uploads() {}

  static WriteFileRequest header(String volume, String path, boolean createOnly) {
    return WriteFileRequest.newBuilder()
        .setHeader(
            WriteFileRequest.Header.newBuilder()
                .setName("volumes/" + volume)
                .setPath(path)
                .setCreateOnly(createOnly))
        .build();
  }

  static WriteFileRequest data(byte[] bytes, int from, int length) {
    return WriteFileRequest.newBuilder().setData(ByteString.copyFrom(bytes, from, length)).build();
  }

  static FileInfo write(
      VolumeServiceStub stub,
      String volume,
      String path,
      boolean createOnly,
      byte[] bytes,
      int partBytes) {
    var answer = new CompletableFuture<FileInfo>();
    StreamObserver<WriteFileRequest> parts = stub.writeFile(into(answer));
    parts.onNext(header(volume, path, createOnly));
    for (int at = 0; at < bytes.length; at += partBytes) {
      parts.onNext(data(bytes, at, Math.min(partBytes, bytes.length - at)));
    }
    parts.onCompleted();
    return get(answer);
  }

  static FileInfo send(VolumeServiceStub stub, WriteFileRequest... messages) {
    var answer = new CompletableFuture<FileInfo>();
    StreamObserver<WriteFileRequest> parts = stub.writeFile(into(answer));
    for (WriteFileRequest message : messages) {
      parts.onNext(message);
    }
    parts.onCompleted();
    return get(answer);
  }

  static StreamObserver<FileInfo> into(CompletableFuture<FileInfo> answer) {
    return new StreamObserver<>() {
      @Override
      public void onNext(FileInfo file) {
        answer.complete(file);
      }

      @Override
      public void onError(Throwable failure) {
        answer.completeExceptionally(failure);
      }

      @Override
      public void onCompleted() {}
    };
  }

  static FileInfo get(CompletableFuture<FileInfo> answer) {
    try {
      return answer.get(30, TimeUnit.SECONDS);
    } catch (ExecutionException failure) {
      if (failure.getCause() instanceof StatusRuntimeException status) {
        throw status;
      }
      throw new AssertionError(failure);
    } catch (InterruptedException | TimeoutException failure) {
      throw new AssertionError(failure);
    }
  }
}
