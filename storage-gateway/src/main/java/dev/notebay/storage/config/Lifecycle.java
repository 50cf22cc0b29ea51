package dev.notebay.storage.config;

import dev.notebay.storage.metrics.StorageMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Starts and stops the service with Quarkus, and shows Quarkus how it is. */
@Singleton
final class Lifecycle {
  private final Settings settings = Settings.from(System.getenv());
  private final StorageGateway gateway;

  Lifecycle() {
    try {
      gateway = StorageGateway.start(settings);
    } catch (IOException failure) {
      throw new UncheckedIOException("the storage gateway cannot start", failure);
    }
  }

  void start(@Observes StartupEvent event, MeterRegistry registry) {
    StorageMetrics.register(registry, gateway.store(), gateway.traffic(), settings.policy());
    StorageMetrics.register(registry, gateway.claims());
    System.getLogger(Lifecycle.class.getName())
        .log(
            System.Logger.Level.INFO,
            "serving grpc=" + settings.grpc().host() + ":" + gateway.grpcPort());
  }

  void stop(@Observes ShutdownEvent event) {
    gateway.close();
  }

  @Produces
  @Singleton
  @Readiness
  HealthCheck databaseCheck() {
    return () ->
        gateway
            .databaseProblem()
            .map(
                problem ->
                    HealthCheckResponse.named("database").down().withData("cause", problem).build())
            .orElseGet(() -> HealthCheckResponse.up("database"));
  }

  @Produces
  @Singleton
  @Readiness
  HealthCheck treeCheck() {
    return () -> {
      try {
        gateway.checkTree();
        return HealthCheckResponse.up("volumes");
      } catch (RuntimeException failure) {
        return HealthCheckResponse.named("volumes")
            .down()
            .withData("cause", "" + failure.getMessage())
            .build();
      }
    };
  }
}
