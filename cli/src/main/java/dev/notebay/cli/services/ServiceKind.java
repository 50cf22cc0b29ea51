package dev.notebay.cli.services;

import dev.notebay.cli.config.Settings;
import java.nio.file.Path;

/** The services of one machine, in the order in which they are shown and started. */
public enum ServiceKind {
  STORAGE_GATEWAY("storage-gateway", Settings.STORAGE_GRPC, Settings.STORAGE_HTTP),
  SCHEDULER("scheduler", Settings.SCHEDULER_GRPC, Settings.SCHEDULER_HTTP);

  private final String title;
  private final String grpcVariable;
  private final String httpVariable;

  ServiceKind(String title, String grpcVariable, String httpVariable) {
    this.title = title;
    this.grpcVariable = grpcVariable;
    this.httpVariable = httpVariable;
  }

  public String title() {
    return title;
  }

  public String grpcVariable() {
    return grpcVariable;
  }

  public String httpVariable() {
    return httpVariable;
  }

  /** What is started. */
  public Path jar(Path distribution) {
    return distribution.resolve(title).resolve("quarkus-run.jar");
  }

  public Path log(Path home) {
    return home.resolve("logs").resolve(title + ".log");
  }

  Path pidFile(Path home) {
    return home.resolve("run").resolve(title + ".pid");
  }
}
