package dev.notebay.scheduler.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Whether the sandbox works on this machine, found out by making one; and if not, what to type.
 *
 * <p>The kernel's settings that most often forbid it: Ubuntu's AppArmor restriction (since 24.04),
 * Debian's switch for unprivileged user namespaces (before 11), a limit of no namespaces, and a
 * container's system call filter.
 */
public final class SandboxCheck {
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final String OTHERWISE =
      " Or go without a wall between sessions and this user's files: --no-sandbox"
          + " (NOTEBAY_SANDBOX=none).";

  private final String searchPath;
  private final Path proc;

  public SandboxCheck(String searchPath) {
    this(searchPath, Path.of("/proc"));
  }

  SandboxCheck(String searchPath, Path proc) {
    this.searchPath = searchPath;
    this.proc = proc;
  }

  /** Thrown when the sandbox does not work; the message says what failed and what to type. */
  public static final class SandboxBroken extends Exception {
    private static final long serialVersionUID = 1L;

    SandboxBroken(String problem, String remedy) {
      super(problem + " " + remedy + OTHERWISE);
    }
  }

  /** Makes a sandbox like those of runtimes, in which nothing is done. */
  public Bubblewrap run() throws SandboxBroken {
    Path executable =
        find("bwrap")
            .orElseThrow(
                () ->
                    new SandboxBroken(
                        "The sandbox needs bubblewrap, which is not installed.",
                        "Type: sudo apt-get install -y bubblewrap"));
    try {
      String help = BoundedCommand.run(List.of(executable.toString(), "--help"), LIMIT).output();
      Set<Bubblewrap.Option> options = EnumSet.noneOf(Bubblewrap.Option.class);
      for (Bubblewrap.Option option : Bubblewrap.Option.values()) {
        if (help.contains(option.flag() + " ")) {
          options.add(option);
        }
      }
      var answer = BoundedCommand.run(probe(executable, options), LIMIT);
      if (answer.status() != 0) {
        throw new SandboxBroken(
            "bubblewrap cannot make a sandbox on this machine: " + answer.output().strip() + ".",
            remedy());
      }
      return new Bubblewrap(executable, options, find("slirp4netns").filter(_ -> hasTun()));
    } catch (IOException failure) {
      throw new SandboxBroken(
          "bubblewrap does not work on this machine: " + failure.getMessage() + ".", remedy());
    }
  }

  private static List<String> probe(Path executable, Set<Bubblewrap.Option> options) {
    List<String> command = new ArrayList<>(List.of(executable.toString()));
    command.addAll(BubblewrapCommand.namespaces(options));
    command.addAll(List.of("--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"));
    command.addAll(List.of("--", "/bin/true"));
    return command;
  }

  private String remedy() {
    if (setting("sys/kernel/apparmor_restrict_unprivileged_userns").equals("1")) {
      return "AppArmor forbids it (Ubuntu 24.04 and later). Type: "
          + "printf 'abi <abi/4.0>,\\ninclude <tunables/global>\\n"
          + "profile bwrap /usr/bin/bwrap flags=(unconfined) {\\n  userns,\\n}\\n'"
          + " | sudo tee /etc/apparmor.d/bwrap && sudo apparmor_parser -r /etc/apparmor.d/bwrap";
    }
    if (setting("sys/kernel/unprivileged_userns_clone").equals("0")) {
      return "User namespaces are switched off. Type:"
          + " echo kernel.unprivileged_userns_clone=1 | sudo tee /etc/sysctl.d/60-notebay.conf"
          + " && sudo sysctl --system";
    }
    if (setting("sys/user/max_user_namespaces").equals("0")) {
      return "No user namespaces are allowed. Type:"
          + " echo user.max_user_namespaces=15000 | sudo tee /etc/sysctl.d/60-notebay.conf"
          + " && sudo sysctl --system";
    }
    return "In a container, start it with: --security-opt seccomp=unconfined"
        + " --security-opt apparmor=unconfined --security-opt systempaths=unconfined";
  }

  private String setting(String name) {
    try {
      return Files.readString(proc.resolve(name)).strip();
    } catch (IOException absent) {
      return "";
    }
  }

  private static boolean hasTun() {
    return Files.isWritable(Path.of("/dev/net/tun"));
  }

  private Optional<Path> find(String program) {
    for (String directory : searchPath.split(":")) {
      Path candidate = Path.of(directory, program);
      if (candidate.isAbsolute() && Files.isExecutable(candidate)) {
        return Optional.of(candidate);
      }
    }
    return Optional.empty();
  }
}
