package dev.notebay.scheduler.kube.testing;

import dev.notebay.scheduler.kube.KubeSettings;
import dev.notebay.scheduler.kube.KubeSettingsFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Settings that are right, and whatever else a test is about. */
public final class TestSettings {
  private static final String LEAST =
      """
      installation: test
      namespace: %s
      images: {agent: "registry.example.org/notebay/agent:1", default: "jupyter/base:2"}
      scheduler: {address: "notebay-scheduler.notebay.svc:7410"}
      """;

  private TestSettings() {}

  /**
   * With the pods in {@code namespace}.
   *
   * @param more YAML of further fields
   */
  public static KubeSettings in(String namespace, String more) {
    try {
      Path file = Files.createTempFile("settings", ".yaml");
      Files.writeString(file, LEAST.formatted(namespace) + more);
      KubeSettings settings = KubeSettingsFile.read(file);
      Files.delete(file);
      return settings;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** With some namespace. */
  public static KubeSettings of(String more) {
    return in("sessions", more);
  }
}
