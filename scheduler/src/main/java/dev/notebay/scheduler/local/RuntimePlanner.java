package dev.notebay.scheduler.local;

import dev.notebay.scheduler.core.launch.LaunchRequest;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.launch.RuntimeSecrets;
import java.io.IOException;
import java.io.StringWriter;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;

/** Decides what one runtime consists of: what its agent is told, and what its sandbox is. */
final class RuntimePlanner {
  private static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  private static final String LOCALE = "C.UTF-8";

  /** Where clouds tell a machine's secrets to whoever asks from it. */
  private static final String LINK_LOCAL = "169.254.0.0/16";

  private static final long OPEN_FILES = 65_536;

  private final LocalSettings settings;
  private final RuntimeSecrets secrets;
  private final Cgroups cgroups;
  private final GpuDeviceFiles gpuFiles;

  RuntimePlanner(
      LocalSettings settings, RuntimeSecrets secrets, Cgroups cgroups, GpuDeviceFiles gpuFiles) {
    this.settings = settings;
    this.secrets = secrets;
    this.cgroups = cgroups;
    this.gpuFiles = gpuFiles;
  }

  /** The agent's configuration; the only place where the runtime's secret is written. */
  String agentProperties(LaunchRequest request, RuntimeDirectory directory) throws IOException {
    Properties properties = new Properties();
    Map<String, String> values = new LinkedHashMap<>();
    values.put("session.id", request.name().session().toString());
    values.put("session.attempt", Integer.toString(request.name().attempt()));
    values.put("runtime.uid-file", directory.supervisorFile().toString());
    values.put("runtime.secret", secret(request.name()));
    values.put("scheduler.grpc", settings.schedulerGrpc());
    values.put("jwt.issuer", settings.jwtIssuer());
    values.put("jwt.keys", settings.jwtKeys());
    values.put("http.host", "127.0.0.1");
    values.put("http.port", "0");
    values.put("python.kernel-name", "python3");
    values.put("content.directory", directory.content().toString());
    values.put("volume.directory", request.volume().orElse(""));
    values.put("volume.mount", volumeMount(request).orElse(""));
    values.put("memory.limit-bytes", Long.toString(request.compute().memoryBytes()));
    values.put(
        "memory.events-file", cgroups.memoryEvents(request.name()).map(Path::toString).orElse(""));
    values.put("sandbox", settings.sandbox().isPresent() ? "bubblewrap" : "none");
    values.put("accelerator.description", accelerator(request));
    properties.putAll(values);
    StringWriter text = new StringWriter();
    properties.store(text, null);
    return text.toString();
  }

  /** The bearer token without the name, which the agent knows. */
  private String secret(RuntimeName name) {
    String bearer = secrets.bearerOf(name);
    return bearer.substring(bearer.lastIndexOf('.') + 1);
  }

  /** What the supervisor starts. */
  LaunchPlan plan(LaunchRequest request, RuntimeDirectory directory) throws IOException {
    List<String> gpus =
        request.assignment().devices().stream()
            .filter(id -> !id.startsWith(DeclaredDevices.PREFIX))
            .toList();
    List<Path> devices = gpuFiles.of(gpus);
    Map<String, String> environment = environment(request, directory, gpus);
    List<String> conditions = new ArrayList<>();
    Map<String, Long> limits = new LinkedHashMap<>(Map.of("core", 0L, "nofile", OPEN_FILES));
    if (!cgroups.limitsMemory()) {
      if (gpus.isEmpty()) {
        limits.put("data", request.compute().memoryBytes());
        conditions.add(
            "memory is limited for each process alone, not for the runtime together:"
                + " this user may not write control groups");
      } else {
        // GPU drivers reserve far more address space than they use.
        conditions.add("memory is not limited: this user may not write control groups");
      }
    }
    Optional<LaunchPlan.Network> network = Optional.empty();
    List<String> command;
    Map<String, String> outer = Map.of("PATH", PATH);
    if (settings.sandbox().isPresent()) {
      Bubblewrap bubblewrap = settings.sandbox().get();
      network =
          bubblewrap
              .slirp4netns()
              .map(executable -> new LaunchPlan.Network(executable, unreachable()));
      if (network.isEmpty()) {
        conditions.add(
            "the sandbox has no network: slirp4netns or a writable /dev/net/tun is missing"
                + " (sudo apt-get install -y slirp4netns)");
      }
      command =
          BubblewrapCommand.of(
              bubblewrap,
              new BubblewrapCommand.Contents(
                  directory,
                  settings.python(),
                  settings.pythonDirectory(),
                  request.volume().map(Path::of),
                  devices,
                  request.compute().memoryBytes(),
                  environment,
                  launcher(
                      BubblewrapCommand.PYTHON,
                      BubblewrapCommand.LINK + "/agent.sock",
                      "/tmp/notebay",
                      BubblewrapCommand.CONTENT,
                      volumeMount(request))));
    } else {
      conditions.add("no sandbox: kernels can do whatever the user who runs Notebay can do");
      outer = environment;
      command =
          launcher(
              settings.pythonDirectory().toString(),
              // Relative to the runtime's directory, because a unix socket's path must be short.
              "link/agent.sock",
              scratch(directory).toString(),
              directory.content().toString(),
              volumeMount(request));
    }
    return new LaunchPlan(
        settings.agent(),
        agentEnvironment(directory),
        command,
        outer,
        settings.sandbox().isPresent(),
        systemCallFilter(directory, conditions),
        cgroups.of(request.name(), request.compute()),
        limits,
        network,
        conditions);
  }

  private static Optional<Path> systemCallFilter(
      RuntimeDirectory directory, List<String> conditions) throws IOException {
    String architecture = System.getProperty("os.arch");
    Optional<byte[]> filter = SystemCallFilter.of(architecture);
    if (filter.isEmpty()) {
      conditions.add("system calls are not filtered: no table for " + architecture);
      return Optional.empty();
    }
    directory.write(directory.systemCallFilter(), filter.get());
    return Optional.of(directory.systemCallFilter());
  }

  private List<String> launcher(
      String python, String link, String scratch, String content, Optional<String> volume) {
    List<String> command =
        new ArrayList<>(
            List.of(
                settings.python().executable().toString(),
                "-I",
                "-S",
                python + "/notebay_launcher",
                "--link",
                link,
                "--scratch",
                scratch,
                "--cwd",
                content));
    volume.ifPresent(path -> command.addAll(List.of("--volume", path)));
    return command;
  }

  private Map<String, String> environment(
      LaunchRequest request, RuntimeDirectory directory, List<String> gpus) {
    boolean sandboxed = settings.sandbox().isPresent();
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("LANG", LOCALE);
    environment.put("LC_ALL", LOCALE);
    environment.put("SHELL", "/bin/bash");
    environment.putAll(request.environment().variables());
    Path bin = settings.python().executable().toAbsolutePath().getParent();
    environment.put("PATH", bin == null || bin.startsWith("/usr") ? PATH : bin + ":" + PATH);
    environment.put("HOME", sandboxed ? BubblewrapCommand.HOME : directory.home().toString());
    if (sandboxed) {
      environment.put("USER", "notebay");
      environment.put("LOGNAME", "notebay");
      // Debian refuses pip outside of a virtual environment; here it can only write to HOME anyway.
      environment.put("PIP_BREAK_SYSTEM_PACKAGES", "1");
    } else {
      environment.put(Remains.VARIABLE, request.name().toString());
    }
    volumeMount(request).ifPresent(mount -> environment.put("NOTEBAY_VOLUME", mount));
    environment.put("CUDA_VISIBLE_DEVICES", String.join(",", gpus));
    ShareVariables.of(request).forEach(environment::putIfAbsent);
    if (!request.accelerator().isNone() && gpus.isEmpty()) {
      environment.put(
          "NOTEBAY_DECLARED_ACCELERATOR",
          request.accelerator().type() + ":" + request.accelerator().count());
    }
    return environment;
  }

  private Map<String, String> agentEnvironment(RuntimeDirectory directory) {
    Map<String, String> environment = new LinkedHashMap<>(settings.agentEnvironment());
    environment.put("PATH", PATH);
    environment.put("LANG", LOCALE);
    environment.put("LC_ALL", LOCALE);
    environment.put("HOME", directory.agent().toString());
    return environment;
  }

  private Optional<String> volumeMount(LaunchRequest request) {
    return settings.sandbox().isPresent()
        ? request.volume().map(_ -> BubblewrapCommand.VOLUME)
        : request.volume();
  }

  private static String accelerator(LaunchRequest request) {
    if (request.accelerator().isNone()) {
      return "none";
    }
    boolean declared =
        request.assignment().devices().stream()
            .anyMatch(id -> id.startsWith(DeclaredDevices.PREFIX));
    return request.accelerator().amount()
        + " x "
        + request.assignment().type()
        + (declared ? " (declared, no such hardware is there)" : "");
  }

  /** Addresses of this machine, behind which its other services are, and the clouds' metadata. */
  private static List<String> unreachable() {
    List<String> networks = new ArrayList<>(List.of(LINK_LOCAL));
    try {
      for (NetworkInterface network : NetworkInterface.networkInterfaces().toList()) {
        for (InetAddress address : network.inetAddresses().toList()) {
          if (address instanceof Inet4Address && !address.isLoopbackAddress()) {
            networks.add(address.getHostAddress() + "/32");
          }
        }
      }
    } catch (java.net.SocketException failure) {
      throw new java.io.UncheckedIOException(failure);
    }
    return networks;
  }

  /** A directory with a path short enough for unix sockets; found again by a link to it. */
  private static Path scratch(RuntimeDirectory directory) throws IOException {
    if (!Files.isSymbolicLink(directory.scratch())) {
      Files.createSymbolicLink(directory.scratch(), Files.createTempDirectory("notebay"));
    }
    return Files.readSymbolicLink(directory.scratch());
  }
}
