package dev.notebay.scheduler.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import dev.notebay.rpc.BearerAuthentication;
import dev.notebay.rpc.BearerToken;
import dev.notebay.rpc.Caller;
import dev.notebay.rpc.Caller.Role;
import dev.notebay.rpc.ErrorMapping;
import dev.notebay.rpc.GrpcEndpoint;
import io.grpc.BindableService;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.AbstractBlockingStub;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/**
 * Services over a real socket. A token is a person's name; one that begins with {@code admin-},
 * {@code service-} or {@code agent-} has that role.
 */
final class ServedApi implements AutoCloseable {
  private final GrpcEndpoint endpoint;
  private final ManagedChannel channel;

  private ServedApi(GrpcEndpoint endpoint, ManagedChannel channel) {
    this.endpoint = endpoint;
    this.channel = channel;
  }

  static ServedApi start(BindableService... services) throws IOException {
    GrpcEndpoint endpoint =
        GrpcEndpoint.start(
            new InetSocketAddress("127.0.0.1", 0),
            List.of(services),
            new BearerAuthentication(Map.of(), ServedApi::caller),
            new ErrorMapping(SchedulerErrors::toStatus));
    return new ServedApi(
        endpoint,
        NettyChannelBuilder.forAddress("127.0.0.1", endpoint.port()).usePlaintext().build());
  }

  private static Optional<Caller> caller(String token) {
    Set<Role> roles =
        switch (token.replaceFirst("-.*", "")) {
          case "admin" -> Set.of(Role.ADMIN);
          case "service" -> Set.of(Role.SERVICE);
          case "agent" -> Set.of(Role.AGENT);
          default -> Set.of();
        };
    return Optional.of(new Caller(token.replaceFirst("^(admin|service|agent)-", ""), roles));
  }

  <T extends AbstractBlockingStub<T>> T as(String token, Function<Channel, T> stub) {
    return stub.apply(channel)
        .withCallCredentials(new BearerToken(() -> token))
        .withDeadlineAfter(20, TimeUnit.SECONDS);
  }

  static StatusRuntimeException failure(ThrowingCallable call) {
    return Objects.requireNonNull(catchThrowableOfType(StatusRuntimeException.class, call));
  }

  /** The one {@link ErrorInfo} of a failure. */
  static ErrorInfo info(Throwable failure) {
    List<ErrorInfo> infos =
        Objects.requireNonNull(StatusProto.fromThrowable(failure)).getDetailsList().stream()
            .filter(detail -> detail.is(ErrorInfo.class))
            .map(ServedApi::unpack)
            .toList();
    assertThat(infos).hasSize(1);
    return infos.getFirst();
  }

  private static ErrorInfo unpack(Any detail) {
    try {
      return detail.unpack(ErrorInfo.class);
    } catch (InvalidProtocolBufferException malformed) {
      throw new AssertionError(malformed);
    }
  }

  @Override
  public void close() {
    channel.shutdownNow();
    endpoint.close();
  }
}
