package dev.notebay.storage.grpc;

import com.google.protobuf.ByteString;
import dev.notebay.proto.volume.v1.ReadFileResponse;
import dev.notebay.storage.core.file.VolumeFiles.Reader;
import io.grpc.stub.ServerCallStreamObserver;
import java.nio.ByteBuffer;

/**
 * Sends a file as fast as its reader takes it. It is run whenever the connection has room, and
 * holds no thread while it has none.
 */
final class FileDownload implements Runnable {
  private static final int CHUNK_BYTES = 256 << 10;

  private final Reader file;
  private final ServerCallStreamObserver<ReadFileResponse> response;
  private boolean ended;

  private FileDownload(Reader file, ServerCallStreamObserver<ReadFileResponse> response) {
    this.file = file;
    this.response = response;
  }

  /** Sends {@code file} and closes it, whatever happens. */
  static void start(Reader file, ServerCallStreamObserver<ReadFileResponse> response) {
    var download = new FileDownload(file, response);
    response.setOnCancelHandler(download::end);
    response.setOnReadyHandler(download);
  }

  @Override
  public void run() {
    try {
      while (!ended && response.isReady()) {
        ByteBuffer data = file.next(CHUNK_BYTES);
        if (data.hasRemaining()) {
          response.onNext(VolumeGrpcService.data(ByteString.copyFrom(data)));
        } else {
          end();
          response.onCompleted();
        }
      }
    } catch (RuntimeException failure) {
      end();
      throw failure;
    }
  }

  private void end() {
    ended = true;
    file.close();
  }
}
