package dev.notebay.cli.grpc;

import com.google.protobuf.UnsafeByteOperations;
import dev.notebay.cli.terminal.CliFailure;
import dev.notebay.proto.volume.v1.CreateDirectoryRequest;
import dev.notebay.proto.volume.v1.CreateVolumeRequest;
import dev.notebay.proto.volume.v1.DeleteFileRequest;
import dev.notebay.proto.volume.v1.DeleteVolumeRequest;
import dev.notebay.proto.volume.v1.FileInfo;
import dev.notebay.proto.volume.v1.GetVolumeRequest;
import dev.notebay.proto.volume.v1.ListFilesRequest;
import dev.notebay.proto.volume.v1.ListFilesResponse;
import dev.notebay.proto.volume.v1.ListVolumesRequest;
import dev.notebay.proto.volume.v1.ListVolumesResponse;
import dev.notebay.proto.volume.v1.ReadFileRequest;
import dev.notebay.proto.volume.v1.UndeleteVolumeRequest;
import dev.notebay.proto.volume.v1.Volume;
import dev.notebay.proto.volume.v1.WriteFileRequest;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/** The user's volumes and their files. */
public final class Volumes {
  private static final String PREFIX = "volumes/";
  private static final Duration TRANSFER = Duration.ofHours(6);
  private static final int PIECE = 256 << 10;
  private final Services services;

  public Volumes(Services services) {
    this.services = services;
  }

  /** The id in a volume's name. */
  public static String id(Volume volume) {
    return volume.getName().replaceFirst("^" + PREFIX, "");
  }

  private static String name(String volume) {
    return volume.startsWith(PREFIX) ? volume : PREFIX + volume;
  }

  public List<Volume> list(boolean deleted) {
    List<Volume> all = new ArrayList<>();
    String token = "";
    do {
      var request =
          ListVolumesRequest.newBuilder().setPageToken(token).setShowDeleted(deleted).build();
      ListVolumesResponse page = services.volumes(stub -> stub.listVolumes(request));
      all.addAll(page.getVolumesList());
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    return all;
  }

  public Volume get(String volume) {
    var request = GetVolumeRequest.newBuilder().setName(name(volume)).build();
    return services.volumes(stub -> stub.getVolume(request));
  }

  public Volume create(String volume, Volume wanted) {
    var request =
        CreateVolumeRequest.newBuilder()
            .setVolumeId(volume)
            .setVolume(wanted)
            .setRequestId(UUID.randomUUID().toString())
            .build();
    return services.volumes(stub -> stub.createVolume(request));
  }

  public Volume delete(String volume) {
    var request = DeleteVolumeRequest.newBuilder().setName(name(volume)).build();
    return services.volumes(stub -> stub.deleteVolume(request));
  }

  public Volume undelete(String volume) {
    var request = UndeleteVolumeRequest.newBuilder().setName(name(volume)).build();
    return services.volumes(stub -> stub.undeleteVolume(request));
  }

  public List<FileInfo> files(String volume, String path) {
    List<FileInfo> all = new ArrayList<>();
    String token = "";
    do {
      var request =
          ListFilesRequest.newBuilder()
              .setName(name(volume))
              .setPath(path)
              .setPageToken(token)
              .build();
      ListFilesResponse page = services.volumes(stub -> stub.listFiles(request));
      all.addAll(page.getFilesList());
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    return all;
  }

  /** Gives a file's bytes, piece by piece. */
  public void read(String volume, String path, Consumer<byte[]> pieces) {
    var request = ReadFileRequest.newBuilder().setName(name(volume)).setPath(path).build();
    long length =
        services.volumes(
            TRANSFER,
            stub -> {
              long sum = 0;
              var answers = stub.readFile(request);
              while (answers.hasNext()) {
                byte[] piece = answers.next().getData().toByteArray();
                pieces.accept(piece);
                sum += piece.length;
              }
              return sum;
            });
    if (length < 0) {
      throw new IllegalStateException("length: " + length + " (expected: >= 0)");
    }
  }

  /** Replaces or makes a file with the bytes of a stream. */
  public FileInfo write(String volume, String path, boolean createOnly, InputStream content)
      throws IOException {
    try (var upload = new Upload(services.volumeStream().withCompression("identity"))) {
      upload.send(
          WriteFileRequest.newBuilder()
              .setHeader(
                  WriteFileRequest.Header.newBuilder()
                      .setName(name(volume))
                      .setPath(path)
                      .setCreateOnly(createOnly))
              .build());
      byte[] piece = content.readNBytes(PIECE);
      while (piece.length > 0 && upload.goesOn()) {
        upload.send(
            WriteFileRequest.newBuilder().setData(UnsafeByteOperations.unsafeWrap(piece)).build());
        piece = content.readNBytes(PIECE);
      }
      return upload.finish();
    } catch (io.grpc.StatusRuntimeException failure) {
      throw services.storageFailure(failure);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw CliFailure.interrupted("interrupted");
    }
  }

  public FileInfo makeDirectory(String volume, String path, boolean parents) {
    var request =
        CreateDirectoryRequest.newBuilder()
            .setName(name(volume))
            .setPath(path)
            .setParents(parents)
            .build();
    return services.volumes(stub -> stub.createDirectory(request));
  }

  public void remove(String volume, String path) {
    var request = DeleteFileRequest.newBuilder().setName(name(volume)).setPath(path).build();
    var nothing = services.volumes(stub -> stub.deleteFile(request));
    if (nothing.getSerializedSize() < 0) {
      throw new IllegalStateException("a message has a size");
    }
  }
}
