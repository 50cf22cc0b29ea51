package dev.notebay.scheduler.local;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The command line of one sandbox: what code in it can see. Everything that is not named here does
 * not exist in there. What the wall is and is not: {@code docs/sandbox.md}.
 */
final class BubblewrapCommand {
  static final String CONTENT = "/content";
  static final String VOLUME = "/mnt/volume";
  static final String HOME = "/home/notebay";
  static final String PYTHON = "/opt/notebay/python";
  static final String LINK = "/run/notebay/link";
  static final int USER = 1000;

  /** Where slirp4netns answers name queries. */
  private static final String NAME_SERVER = "10.0.2.3";

  /** Directories of the machine that are links into {@code /usr} on most. */
  private static final List<String> ROOTS = List.of("/bin", "/sbin", "/lib", "/lib32", "/lib64");

  /** Settings that programs need and that tell nothing about people; private keys lie elsewhere. */
  private static final List<String> SETTINGS =
      List.of(
          "/etc/alternatives",
          "/etc/ca-certificates.conf",
          "/etc/fonts",
          "/etc/gai.conf",
          "/etc/host.conf",
          "/etc/ld.so.cache",
          "/etc/ld.so.conf",
          "/etc/ld.so.conf.d",
          "/etc/localtime",
          "/etc/magic",
          "/etc/matplotlibrc",
          "/etc/mime.types",
          "/etc/OpenCL",
          "/etc/pki/ca-trust/extracted",
          "/etc/pki/tls/certs",
          "/etc/protocols",
          "/etc/services",
          "/etc/ssl/certs",
          "/etc/ssl/openssl.cnf",
          "/etc/timezone",
          "/etc/vulkan");

  /** What of {@code /sys} says how many processors there are and where their memory is. */
  private static final List<String> HARDWARE =
      List.of("/sys/devices/system/cpu", "/sys/devices/system/node");

  /** Readable, not writable; as container runtimes do. */
  private static final List<String> KERNEL_SETTINGS =
      List.of(
          "/proc/bus",
          "/proc/fs",
          "/proc/irq",
          "/proc/pressure",
          "/proc/sys",
          "/proc/sysrq-trigger");

  /** Not even readable; as container runtimes do. */
  private static final List<String> KERNEL_SECRETS =
      List.of(
          "/proc/acpi",
          "/proc/asound",
          "/proc/interrupts",
          "/proc/kallsyms",
          "/proc/kcore",
          "/proc/key-users",
          "/proc/keys",
          "/proc/kpagecgroup",
          "/proc/kpagecount",
          "/proc/kpageflags",
          "/proc/latency_stats",
          "/proc/sched_debug",
          "/proc/scsi",
          "/proc/slabinfo",
          "/proc/timer_list",
          "/proc/timer_stats",
          "/proc/vmallocinfo");

  private BubblewrapCommand() {}

  /**
   * What differs from one sandbox to the next.
   *
   * @param devices device files of the GPUs, nothing where there is none
   * @param memoryBytes what {@code /dev/shm} may take at most
   */
  record Contents(
      RuntimeDirectory directory,
      KernelPython python,
      Path pythonDirectory,
      Optional<Path> volume,
      List<Path> devices,
      long memoryBytes,
      Map<String, String> environment,
      List<String> command) {}

  static List<String> of(Bubblewrap bubblewrap, Contents contents) {
    List<String> line = new ArrayList<>(List.of(bubblewrap.executable().toString()));
    line.addAll(namespaces(bubblewrap.options()));
    line.addAll(List.of("--hostname", "notebay"));
    addSystem(line);
    addProc(line);
    line.addAll(List.of("--dev", "/dev"));
    if (bubblewrap.options().contains(Bubblewrap.Option.SIZE)) {
      line.addAll(List.of("--size", Long.toString(contents.memoryBytes()), "--tmpfs", "/dev/shm"));
    }
    for (Path device : contents.devices()) {
      bind(line, "--dev-bind", device, device.toString());
    }
    RuntimeDirectory directory = contents.directory();
    bind(line, "--bind", directory.temporary(), "/tmp");
    line.addAll(List.of("--dir", "/var", "--symlink", "../tmp", "/var/tmp"));
    for (String file : etc(bubblewrap.slirp4netns().isPresent()).keySet()) {
      bind(line, "--ro-bind", directory.etc().resolve(file), "/etc/" + file);
    }
    for (Path prefix : contents.python().prefixes()) {
      bind(line, "--ro-bind", prefix, prefix.toString());
    }
    bind(line, "--bind", directory.content(), CONTENT);
    bind(line, "--bind", directory.home(), HOME);
    contents.volume().ifPresent(volume -> bind(line, "--bind", volume, VOLUME));
    bind(line, "--ro-bind", contents.pythonDirectory(), PYTHON);
    bind(line, "--ro-bind", directory.link(), LINK);
    line.addAll(List.of("--chdir", CONTENT, "--clearenv"));
    contents
        .environment()
        .forEach((variable, value) -> line.addAll(List.of("--setenv", variable, value)));
    line.add("--");
    line.addAll(contents.command());
    return line;
  }

  /** Namespaces of its own, no privilege, and an end together with whoever started it. */
  static List<String> namespaces(Set<Bubblewrap.Option> options) {
    List<String> line =
        new ArrayList<>(
            List.of(
                "--unshare-user",
                "--unshare-pid",
                "--unshare-net",
                "--unshare-ipc",
                "--unshare-uts",
                "--unshare-cgroup-try",
                "--new-session",
                "--die-with-parent",
                "--cap-drop",
                "ALL",
                "--uid",
                Integer.toString(USER),
                "--gid",
                Integer.toString(USER)));
    if (options.contains(Bubblewrap.Option.DISABLE_USERNS)) {
      line.add("--disable-userns");
    }
    return line;
  }

  /** The files of {@code /etc} that are the sandbox's own, by name. */
  static Map<String, String> etc(boolean network) {
    return Map.of(
        "passwd",
        "notebay:x:%d:%d:Notebay:%s:/bin/bash\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n"
            .formatted(USER, USER, HOME),
        "group",
        "notebay:x:%d:\nnogroup:x:65534:\n".formatted(USER),
        "hostname",
        "notebay\n",
        "hosts",
        "127.0.0.1 localhost notebay\n::1 localhost\n",
        "nsswitch.conf",
        "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n",
        "resolv.conf",
        network ? "nameserver " + NAME_SERVER + "\n" : "");
  }

  /**
   * Parts of {@code /proc} belong to the machine and obey file permissions alone: where Notebay
   * runs as root, so does the code in here, and could set the machine's kernel.
   */
  private static void addProc(List<String> line) {
    line.addAll(List.of("--proc", "/proc"));
    for (String setting : KERNEL_SETTINGS) {
      if (Files.exists(Path.of(setting))) {
        bind(line, "--ro-bind", Path.of(setting), setting);
      }
    }
    for (String secret : KERNEL_SECRETS) {
      if (Files.isDirectory(Path.of(secret))) {
        line.addAll(List.of("--tmpfs", secret, "--remount-ro", secret));
      } else if (Files.exists(Path.of(secret))) {
        bind(line, "--ro-bind", Path.of("/dev/null"), secret);
      }
    }
  }

  private static void addSystem(List<String> line) {
    line.addAll(List.of("--ro-bind", "/usr", "/usr"));
    for (String root : ROOTS) {
      Path path = Path.of(root);
      if (Files.isSymbolicLink(path)) {
        line.addAll(List.of("--symlink", "usr" + root, root));
      } else if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
        bind(line, "--ro-bind", path, root);
      }
    }
    for (String setting : SETTINGS) {
      if (Files.exists(Path.of(setting))) {
        bind(line, "--ro-bind", Path.of(setting), setting);
      }
    }
    for (String hardware : HARDWARE) {
      if (Files.exists(Path.of(hardware))) {
        bind(line, "--ro-bind", Path.of(hardware), hardware);
      }
    }
    line.addAll(List.of("--symlink", "/proc/self/mounts", "/etc/mtab"));
  }

  private static void bind(List<String> line, String how, Path source, String destination) {
    line.addAll(List.of(how, source.toString(), destination));
  }
}
