package dev.notebay.storage.grpc;

import com.google.protobuf.ByteString;
import dev.notebay.proto.volume.v1.CreateDirectoryRequest;
import dev.notebay.proto.volume.v1.CreateVolumeRequest;
import dev.notebay.proto.volume.v1.DeleteFileRequest;
import dev.notebay.proto.volume.v1.DeleteFileResponse;
import dev.notebay.proto.volume.v1.DeleteVolumeRequest;
import dev.notebay.proto.volume.v1.FileInfo;
import dev.notebay.proto.volume.v1.GetVolumeRequest;
import dev.notebay.proto.volume.v1.ListFilesRequest;
import dev.notebay.proto.volume.v1.ListFilesResponse;
import dev.notebay.proto.volume.v1.ListVolumesRequest;
import dev.notebay.proto.volume.v1.ListVolumesResponse;
import dev.notebay.proto.volume.v1.MountVolumeRequest;
import dev.notebay.proto.volume.v1.MountVolumeResponse;
import dev.notebay.proto.volume.v1.ReadFileRequest;
import dev.notebay.proto.volume.v1.ReadFileResponse;
import dev.notebay.proto.volume.v1.StatFileRequest;
import dev.notebay.proto.volume.v1.UndeleteVolumeRequest;
import dev.notebay.proto.volume.v1.UnmountVolumeRequest;
import dev.notebay.proto.volume.v1.UnmountVolumeResponse;
import dev.notebay.proto.volume.v1.UpdateVolumeRequest;
import dev.notebay.proto.volume.v1.Volume;
import dev.notebay.proto.volume.v1.VolumeServiceGrpc;
import dev.notebay.proto.volume.v1.WriteFileRequest;
import dev.notebay.storage.core.file.VolumeFiles;
import dev.notebay.storage.core.file.VolumePath;
import dev.notebay.storage.core.mount.Mounts;
import dev.notebay.storage.core.volume.Owner;
import dev.notebay.storage.core.volume.Quota;
import dev.notebay.storage.core.volume.RequestId;
import dev.notebay.storage.core.volume.VolumeId;
import dev.notebay.storage.core.volume.VolumePolicy;
import dev.notebay.storage.core.volume.VolumeStore;
import dev.notebay.storage.core.volume.VolumeView;
import dev.notebay.storage.core.volume.Volumes;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Speaks the contract, decides nothing. */
public final class VolumeGrpcService extends VolumeServiceGrpc.VolumeServiceImplBase {
  private final Volumes volumes;
  private final Mounts mounts;
  private final VolumeFiles files;
  private final Messages messages;

  public VolumeGrpcService(Volumes volumes, Mounts mounts, VolumeFiles files, VolumePolicy policy) {
    this.volumes = volumes;
    this.mounts = mounts;
    this.files = files;
    this.messages = new Messages(policy);
  }

  @Override
  public void createVolume(CreateVolumeRequest request, StreamObserver<Volume> response) {
    Owner owner = Requests.caller();
    VolumeId id = VolumeId.parse("volume_id", request.getVolumeId());
    Volume asked = request.getVolume();
    var wanted =
        new Volumes.Wanted(
            owner,
            id,
            Requests.displayName("volume.display_name", asked.getDisplayName()),
            Requests.accessMode("volume.access_mode", asked.getAccessMode()),
            Requests.quota("volume.quota_bytes", asked.getQuotaBytes()));
    if (request.getValidateOnly()) {
      if (!request.getRequestId().isEmpty()) {
        Requests.uuid("request_id", request.getRequestId());
      }
      answer(response, messages.volume(volumes.check(wanted, Requests.privileged())));
      return;
    }
    var requestId = new RequestId(Requests.uuid("request_id", request.getRequestId()));
    var once = new VolumeStore.Request(requestId, digest(wanted));
    VolumeView made = volumes.create(wanted, Optional.of(once), Requests.privileged());
    answer(response, messages.volume(made));
  }

  private static String digest(Volumes.Wanted wanted) {
    MessageDigest digest = PageToken.sha256();
    for (Object part :
        List.of(wanted.id(), wanted.displayName(), wanted.accessMode(), wanted.quota().bytes())) {
      byte[] bytes = part.toString().getBytes(StandardCharsets.UTF_8);
      digest.update((bytes.length + ":").getBytes(StandardCharsets.UTF_8));
      digest.update(bytes);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  @Override
  public void getVolume(GetVolumeRequest request, StreamObserver<Volume> response) {
    VolumeId id = Requests.volumeName("name", request.getName());
    answer(response, messages.volume(volumes.get(Requests.caller(), id)));
  }

  @Override
  public void listVolumes(
      ListVolumesRequest request, StreamObserver<ListVolumesResponse> response) {
    Owner owner = Requests.caller();
    int size = Requests.pageSize(request.getPageSize(), 50, 1000);
    PageToken token =
        PageToken.of("volumes", owner.subject(), Boolean.toString(request.getShowDeleted()));
    byte[] last = token.decode(request.getPageToken());
    Optional<VolumeId> after =
        last.length == 0
            ? Optional.empty()
            : Optional.of(VolumeId.parse("page_token", new String(last, StandardCharsets.UTF_8)));
    List<VolumeView> found = volumes.list(owner, after, request.getShowDeleted(), size + 1);
    var list = ListVolumesResponse.newBuilder();
    found.stream().limit(size).map(messages::volume).forEach(list::addVolumes);
    if (found.size() > size) {
      String key = found.get(size - 1).volume().id().value();
      list.setNextPageToken(token.encode(key.getBytes(StandardCharsets.UTF_8)));
    }
    answer(response, list.build());
  }

  @Override
  public void updateVolume(UpdateVolumeRequest request, StreamObserver<Volume> response) {
    Volume asked = request.getVolume();
    VolumeId id = Requests.volumeName("volume.name", asked.getName());
    Set<String> changed = Requests.changed(request.getUpdateMask(), asked);
    String displayName = Requests.displayName("volume.display_name", asked.getDisplayName());
    Quota quota = Requests.quota("volume.quota_bytes", asked.getQuotaBytes());
    VolumeView updated =
        volumes.update(
            Requests.caller(),
            id,
            asked.getEtag(),
            Optional.of(displayName).filter(_ -> changed.contains(Requests.DISPLAY_NAME)),
            Optional.of(quota).filter(_ -> changed.contains(Requests.QUOTA_BYTES)),
            Requests.privileged());
    answer(response, messages.volume(updated));
  }

  @Override
  public void deleteVolume(DeleteVolumeRequest request, StreamObserver<Volume> response) {
    VolumeId id = Requests.volumeName("name", request.getName());
    answer(response, messages.volume(volumes.delete(Requests.caller(), id, request.getEtag())));
  }

  @Override
  public void undeleteVolume(UndeleteVolumeRequest request, StreamObserver<Volume> response) {
    VolumeId id = Requests.volumeName("name", request.getName());
    answer(response, messages.volume(volumes.undelete(Requests.caller(), id)));
  }

  @Override
  public void mountVolume(
      MountVolumeRequest request, StreamObserver<MountVolumeResponse> response) {
    Requests.requireService();
    Mounts.Given given =
        mounts.mount(
            new Mounts.Wanted(
                Owner.parse("owner", request.getOwner()),
                VolumeId.parse("volume_id", request.getVolumeId()),
                Requests.session("session_id", request.getSessionId()),
                Requests.attempt("attempt", request.getAttempt()),
                Requests.node("node", request.getNode()),
                request.getCreateIfMissing()));
    answer(
        response,
        MountVolumeResponse.newBuilder()
            .setMount(Messages.mount(given.mount()))
            .setHostPath(given.hostPath())
            .build());
  }

  @Override
  public void unmountVolume(
      UnmountVolumeRequest request, StreamObserver<UnmountVolumeResponse> response) {
    Requests.requireService();
    int unmounted =
        mounts.unmount(
            Requests.session("session_id", request.getSessionId()),
            Requests.attempt("attempt", request.getAttempt()));
    answer(response, UnmountVolumeResponse.newBuilder().setUnmounted(unmounted).build());
  }

  @Override
  public void listFiles(ListFilesRequest request, StreamObserver<ListFilesResponse> response) {
    VolumePath path = VolumePath.parse("path", request.getPath());
    int size = Requests.pageSize(request.getPageSize(), 500, 10_000);
    PageToken token =
        PageToken.of("files", Requests.caller().subject(), request.getName(), path.toString());
    byte[] after = token.decode(request.getPageToken());
    VolumeFiles.Page page = files.list(volume(request.getName()), path, after, size);
    var list = ListFilesResponse.newBuilder();
    page.files().stream().map(Messages::file).forEach(list::addFiles);
    if (page.next().length > 0) {
      list.setNextPageToken(token.encode(page.next()));
    }
    answer(response, list.build());
  }

  @Override
  public void statFile(StatFileRequest request, StreamObserver<FileInfo> response) {
    VolumePath path = VolumePath.parse("path", request.getPath());
    answer(response, Messages.file(files.stat(volume(request.getName()), path)));
  }

  @Override
  public void readFile(ReadFileRequest request, StreamObserver<ReadFileResponse> response) {
    VolumePath path = VolumePath.parse("path", request.getPath());
    long offset = Requests.notNegative("offset", request.getOffset());
    long limit = Requests.notNegative("limit_bytes", request.getLimitBytes());
    FileDownload.start(
        files.read(volume(request.getName()), path, offset, limit),
        (ServerCallStreamObserver<ReadFileResponse>) response);
  }

  @Override
  public StreamObserver<WriteFileRequest> writeFile(StreamObserver<FileInfo> response) {
    return new FileUpload(
        header -> {
          VolumePath path = VolumePath.parse("header.path", header.getPath());
          VolumeId id = Requests.volumeName("header.name", header.getName());
          var volume = volumes.getActive(Requests.caller(), id);
          return files.write(volume, path, header.getCreateOnly());
        },
        response);
  }

  @Override
  public void createDirectory(CreateDirectoryRequest request, StreamObserver<FileInfo> response) {
    VolumePath path = VolumePath.parse("path", request.getPath());
    var volume = volume(request.getName());
    answer(response, Messages.file(files.createDirectory(volume, path, request.getParents())));
  }

  @Override
  public void deleteFile(DeleteFileRequest request, StreamObserver<DeleteFileResponse> response) {
    VolumePath path = VolumePath.parse("path", request.getPath());
    files.delete(volume(request.getName()), path);
    answer(response, DeleteFileResponse.getDefaultInstance());
  }

  private dev.notebay.storage.core.volume.Volume volume(String name) {
    return volumes.getActive(Requests.caller(), Requests.volumeName("name", name));
  }

  private static <T> void answer(StreamObserver<T> response, T message) {
    response.onNext(message);
    response.onCompleted();
  }

  static ReadFileResponse data(ByteString bytes) {
    return ReadFileResponse.newBuilder().setData(bytes).build();
  }
}
