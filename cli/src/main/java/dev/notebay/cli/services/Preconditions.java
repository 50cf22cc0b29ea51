package dev.notebay.cli.services;

import dev.notebay.cli.config.Endpoint;
import dev.notebay.cli.config.Pause;
import dev.notebay.cli.config.Settings;
import dev.notebay.cli.config.SystemClock;
import dev.notebay.cli.terminal.CliFailure;
import dev.notebay.cli.terminal.Quantities;
import dev.notebay.cli.terminal.Terminal;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What must be so before the services are started; what is not so is told with what to do. */
final class Preconditions {
  private static final long MINIMUM_FREE_BYTES = 1L << 30;
  private static final Duration DATABASE_WAIT = Duration.ofSeconds(10);
  private static final Pattern DATABASE_URL =
      Pattern.compile(
          "jdbc:postgresql://(\\[[0-9a-fA-F:]+]|[^/:,?]+)(?::(\\d{1,5}))?/[^?]+(?:\\?.*)?");

  private final Settings settings;
  private final Terminal terminal;

  Preconditions(Settings settings, Terminal terminal) {
    this.settings = settings;
    this.terminal = terminal;
  }

  /** Room for the database, the logs and the sessions' files. */
  void diskHasRoom() throws IOException {
    long free = Files.getFileStore(settings.home()).getUsableSpace();
    long needed =
        settings
            .variable("NOTEBAY_MINIMUM_FREE")
            .map(text -> Quantities.bytes("NOTEBAY_MINIMUM_FREE", text))
            .orElse(MINIMUM_FREE_BYTES);
    if (free < needed) {
      throw CliFailure.unavailable(
          "only "
              + Quantities.show(free)
              + " free where "
              + settings.home()
              + " is (expected: at least "
              + Quantities.show(needed)
              + ")",
          "make room, or set NOTEBAY_HOME to a directory on a larger disk");
    }
  }

  /** Kernels can be shut in. */
  void sandboxWorks() {
    String sandbox = settings.setting(Settings.SANDBOX);
    if (sandbox.equals("none")) {
      terminal.note(
          "notebay: sandbox is off: notebook code runs as you, and can read whatever you can read");
      return;
    }
    if (!sandbox.equals("bubblewrap")) {
      throw CliFailure.usage(
          Settings.SANDBOX + ": " + sandbox + " (expected: bubblewrap or none)", "");
    }
    String why =
        outputIfFailing(
            List.of(
                "bwrap",
                "--unshare-user",
                "--unshare-pid",
                "--unshare-net",
                "--ro-bind",
                "/",
                "/",
                "true"));
    if (!why.isEmpty()) {
      throw CliFailure.unavailable(
          "notebook code cannot be shut in here: " + why,
          "install bubblewrap and let it make namespaces (sysctl kernel.unprivileged_userns_clone=1;"
              + " on Ubuntu give it a profile, see docs/sandbox.md), or go without: --no-sandbox");
    }
  }

  /** There are words on how to run sessions on which cluster; whether it is there, others ask. */
  void clusterIsNamed() {
    String config = settings.setting(Settings.KUBERNETES_CONFIG);
    if (config.isEmpty()) {
      throw CliFailure.usage(
          Settings.KUBERNETES_CONFIG
              + ": not set (expected: a file that says how sessions run on the cluster)",
          "begin with a copy of examples/kubernetes.yaml");
    }
    if (!Files.isReadable(Path.of(config))) {
      throw CliFailure.usage(Settings.KUBERNETES_CONFIG + ": no such file: " + config, "");
    }
    Optional<Path> kubeconfig =
        Optional.of(settings.setting(Settings.KUBECONFIG))
            .filter(paths -> !paths.isEmpty())
            .map(paths -> Path.of(paths.split(File.pathSeparator, 2)[0]))
            .or(() -> settings.variable("HOME").map(home -> Path.of(home, ".kube", "config")));
    if (kubeconfig.filter(Files::isReadable).isEmpty()) {
      throw CliFailure.usage(
          "no kubeconfig"
              + kubeconfig.map(file -> ": " + file + " cannot be read").orElse("")
              + " (expected: one whose current context is the cluster)",
          "set KUBECONFIG; see: kubectl config current-context");
    }
  }

  /** The database answers, if it is not ours to start. */
  void databaseAnswers() {
    String url = settings.setting(Settings.DATABASE);
    if (url.isEmpty()) {
      return;
    }
    Matcher parts = DATABASE_URL.matcher(url);
    if (!parts.matches()) {
      throw CliFailure.usage(
          "NOTEBAY_DB_URL: not understood (expected: jdbc:postgresql://HOST:PORT/DATABASE)",
          "user and password go into NOTEBAY_DB_USER and NOTEBAY_DB_PASSWORD");
    }
    String port = parts.group(2);
    var database = new Endpoint(parts.group(1), port == null ? 5432 : Integer.parseInt(port));
    var deadline = SystemClock.in(DATABASE_WAIT);
    String why = refusal(database);
    while (!why.isEmpty() && !deadline.passed()) {
      terminal.progress("waiting for the database at " + database);
      Pause.shortly();
      why = refusal(database);
    }
    terminal.clearProgress();
    if (!why.isEmpty()) {
      throw CliFailure.unavailable(
          "the database at " + database + " does not answer (" + why + ")",
          "start it or correct NOTEBAY_DB_URL; without NOTEBAY_DB_URL Notebay brings its own"
              + " PostgreSQL");
    }
  }

  /** The service's addresses can be listened on. */
  void portsAreFree(ServiceKind kind) {
    portIsFree(kind, kind.grpcVariable());
    portIsFree(kind, kind.httpVariable());
  }

  private void portIsFree(ServiceKind kind, String variable) {
    Endpoint endpoint = settings.endpoint(variable);
    if (!PortHolder.isFree(endpoint)) {
      String holder = PortHolder.of(endpoint.port()).orElse("another process");
      throw CliFailure.unavailable(
          "the " + kind.title() + " cannot listen on " + endpoint + ": taken by " + holder,
          "stop that, or choose another port: "
              + variable
              + "="
              + endpoint.host()
              + ":PORT ./notebay up");
    }
  }

  private static String refusal(Endpoint endpoint) {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(endpoint.host(), endpoint.port()), 2000);
      return "";
    } catch (java.net.UnknownHostException unknown) {
      return "no such host";
    } catch (IOException refused) {
      String message = refused.getMessage();
      return message == null ? refused.getClass().getSimpleName() : message;
    }
  }

  private static String outputIfFailing(List<String> command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return command.getFirst() + " does not end";
      }
      if (process.exitValue() == 0) {
        return "";
      }
      return output.isBlank()
          ? command.getFirst() + " exits with " + process.exitValue()
          : output.strip().lines().findFirst().orElse("");
    } catch (IOException missing) {
      return command.getFirst() + " is not installed";
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return "interrupted";
    }
  }

  /** The distribution is there. */
  void distributionIsComplete() {
    Path distribution = settings.distribution();
    for (ServiceKind kind : ServiceKind.values()) {
      Path jar = kind.jar(distribution);
      if (!Files.isRegularFile(jar)) {
        throw CliFailure.unavailable(
            "the distribution is incomplete: " + jar + " is missing",
            "build it: mvn package, or start this program as ./notebay, which builds it");
      }
    }
  }
}
