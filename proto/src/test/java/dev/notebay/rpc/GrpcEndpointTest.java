package dev.notebay.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.notebay.proto.session.v1.GetSessionRequest;
import dev.notebay.proto.session.v1.Session;
import dev.notebay.proto.session.v1.SessionServiceGrpc;
import dev.notebay.proto.session.v1.SessionServiceGrpc.SessionServiceBlockingStub;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GrpcEndpointTest {
  private GrpcEndpoint endpoint;
  private ManagedChannel channel;

  @BeforeEach
  void start() throws Exception {
    endpoint =
        GrpcEndpoint.start(
            new InetSocketAddress("127.0.0.1", 0),
            List.of(new NamingService()),
            new BearerAuthentication(
                Map.of(),
                token ->
                    token.equals("good")
                        ? Optional.of(new Caller("ada", Set.of()))
                        : Optional.empty()),
            new ErrorMapping(
                failure -> {
                  if (failure instanceof IllegalArgumentException) {
                    return ErrorStatus.invalid("name", "x", "y").toException();
                  }
                  throw failure;
                }));
    channel = NettyChannelBuilder.forAddress("127.0.0.1", endpoint.port()).usePlaintext().build();
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    endpoint.close();
  }

  private static final class NamingService extends SessionServiceGrpc.SessionServiceImplBase {
    @Override
    public void getSession(GetSessionRequest request, StreamObserver<Session> out) {
      switch (request.getName()) {
        case "bad" -> throw new IllegalArgumentException("bad");
        case "broken" -> throw new IllegalStateException("secret detail");
        default -> {
          out.onNext(Session.newBuilder().setOwner(Caller.current().subject()).build());
          out.onCompleted();
        }
      }
    }
  }

  private SessionServiceBlockingStub with(String token) {
    return SessionServiceGrpc.newBlockingStub(channel)
        .withCallCredentials(new BearerToken(() -> token));
  }

  private static GetSessionRequest named(String name) {
    return GetSessionRequest.newBuilder().setName(name).build();
  }

  private StatusRuntimeException failure(String token, String name) {
    return catchThrowableOfType(
        StatusRuntimeException.class, () -> with(token).getSession(named(name)));
  }

  @Test
  void tellsTheServiceWhoCalls() {
    assertThat(with("good").getSession(named("x")).getOwner()).isEqualTo("ada");
  }

  @Test
  void refusesAWrongToken() {
    assertThat(failure("wrong", "x").getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
  }

  @Test
  void mapsAKnownFailureWithOneErrorInfo() {
    var failure = failure("good", "bad");

    assertThat(failure.getStatus().getDescription()).isEqualTo("name: x (expected: y)");
    assertThat(ErrorStatus.reasonOf(failure)).contains("INVALID_FIELD");
  }

  @Test
  void keepsTheInsidesOfAnUnknownFailureToItself() {
    var failure = failure("good", "broken");

    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL);
    assertThat(failure.getStatus().getDescription()).doesNotContain("secret");
    assertThat(ErrorStatus.reasonOf(failure)).contains("INTERNAL");
  }

  @Test
  void answersHealthWithoutAToken() {
    HealthGrpc.HealthBlockingStub health = HealthGrpc.newBlockingStub(channel);

    assertThat(health.check(HealthCheckRequest.getDefaultInstance()).getStatus())
        .isEqualTo(ServingStatus.SERVING);
    assertThat(
            health
                .check(
                    HealthCheckRequest.newBuilder()
                        .setService("notebay.session.v1.SessionService")
                        .build())
                .getStatus())
        .isEqualTo(ServingStatus.SERVING);
  }

  @Test
  void refusesAMessageThatIsTooLarge() {
    assertThat(failure("good", "x".repeat(5 << 20)).getStatus().getCode())
        .isIn(Status.Code.RESOURCE_EXHAUSTED, Status.Code.CANCELLED);
  }
}
