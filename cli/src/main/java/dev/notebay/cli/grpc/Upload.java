package dev.notebay.cli.grpc;

import dev.notebay.proto.volume.v1.FileInfo;
import dev.notebay.proto.volume.v1.VolumeServiceGrpc.VolumeServiceStub;
import dev.notebay.proto.volume.v1.WriteFileRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** One file on its way to the storage gateway; sending waits while the gateway is behind. */
final class Upload implements AutoCloseable {
  private final CompletableFuture<FileInfo> answer = new CompletableFuture<>();
  private final Observer observer = new Observer();

  Upload(VolumeServiceStub stub) {
    var requests = stub.writeFile(observer);
    if (requests != observer.requests) {
      throw new IllegalStateException("grpc gives the observer the same stream");
    }
  }

  /** Whether the gateway has not ended the call already. */
  boolean goesOn() {
    return !answer.isDone();
  }

  void send(WriteFileRequest piece) throws InterruptedException {
    ClientCallStreamObserver<WriteFileRequest> requests = observer.awaitReady();
    if (goesOn()) {
      requests.onNext(piece);
    }
  }

  /** Says that this was all, and gives what was written. */
  FileInfo finish() throws InterruptedException {
    if (goesOn()) {
      observer.awaitReady().onCompleted();
    }
    try {
      return answer.get();
    } catch (ExecutionException failure) {
      throw failure.getCause() instanceof StatusRuntimeException status
          ? status
          : Status.fromThrowable(failure).asRuntimeException();
    }
  }

  @Override
  public void close() {
    if (goesOn() && observer.requests != null) {
      observer.requests.cancel("given up", null);
    }
  }

  private final class Observer implements ClientResponseObserver<WriteFileRequest, FileInfo> {
    private volatile @Nullable ClientCallStreamObserver<WriteFileRequest> requests;

    @Override
    public void beforeStart(ClientCallStreamObserver<WriteFileRequest> stream) {
      requests = stream;
      stream.setOnReadyHandler(this::wake);
    }

    synchronized ClientCallStreamObserver<WriteFileRequest> awaitReady()
        throws InterruptedException {
      ClientCallStreamObserver<WriteFileRequest> stream = requests;
      if (stream == null) {
        throw new IllegalStateException("the call has not begun");
      }
      while (!stream.isReady() && goesOn()) {
        wait(1000);
      }
      return stream;
    }

    private synchronized void wake() {
      notifyAll();
    }

    @Override
    public void onNext(FileInfo written) {
      answer.complete(written);
    }

    @Override
    public void onError(Throwable failure) {
      answer.completeExceptionally(failure);
      wake();
    }

    @Override
    public void onCompleted() {
      answer.completeExceptionally(
          Status.INTERNAL.withDescription("no answer to an upload").asRuntimeException());
      wake();
    }
  }
}
