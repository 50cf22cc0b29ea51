package dev.notebay.cli.fake;

import com.sun.net.httpserver.HttpServer;
import dev.notebay.rpc.BearerAuthentication;
import dev.notebay.rpc.ErrorMapping;
import dev.notebay.rpc.GrpcEndpoint;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;

/** A service as a process: it is healthy, or fails at once where its directory says so. */
public final class FakeService {
  private FakeService() {}

  public static void main(String[] none) throws IOException, InterruptedException {
    Path directory = Path.of(System.getProperty("java.class.path")).toAbsolutePath().getParent();
    if (directory == null) {
      throw new IllegalStateException("the fake is started from its jar");
    }
    if (Files.exists(directory.resolve("fail"))) {
      System.out.println("the fake cannot start: no luck");
      System.exit(3);
    }
    String prefix = directory.endsWith("scheduler") ? "NOTEBAY_SCHEDULER" : "NOTEBAY_STORAGE";
    HttpServer http = HttpServer.create(address(prefix + "_HTTP"), 0);
    http.createContext(
        "/q/health/ready",
        exchange -> {
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    http.start();
    try (var grpc =
        GrpcEndpoint.start(
            address(prefix + "_GRPC"),
            List.of(),
            new BearerAuthentication(Map.of(), token -> Optional.empty()),
            new ErrorMapping(
                failure -> {
                  throw failure;
                }))) {
      System.out.println("the fake listens on " + grpc.port());
      new CountDownLatch(1).await();
    }
  }

  private static InetSocketAddress address(String variable) {
    String[] parts = System.getenv(variable).split(":");
    return new InetSocketAddress(parts[0], Integer.parseInt(parts[1]));
  }

  /** Makes a distribution whose services are this class. */
  public static void install(Path distribution) throws IOException {
    for (String service : List.of("scheduler", "storage-gateway")) {
      Path directory = Files.createDirectories(distribution.resolve(service));
      var manifest = new Manifest();
      manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
      manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, FakeService.class.getName());
      manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, classPath());
      Files.writeString(
          directory.resolve("jvm.args"), "-XX:TieredStopAtLevel=1\n-XX:+UseSerialGC\n");
      try (OutputStream out = Files.newOutputStream(directory.resolve("quarkus-run.jar"));
          var jar = new JarOutputStream(out, manifest)) {
        jar.finish();
      }
    }
  }

  private static String classPath() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(entry -> Path.of(entry).toUri().toString())
        .collect(Collectors.joining(" "));
  }
}
