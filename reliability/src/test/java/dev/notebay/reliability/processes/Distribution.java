package dev.notebay.reliability.processes;

import dev.notebay.reliability.crash.CrashAgent;
import dev.notebay.reliability.crash.CrashInsertion;
import dev.notebay.reliability.crash.CrashPoint;
import dev.notebay.reliability.crash.CrashSwitch;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/**
 * The distribution as it was built, seen through a directory of links in which one part is
 * replaced: the runtime agent, by a stand-in, or by itself with the crash agent in its virtual
 * machine.
 */
record Distribution(Path directory) {
  /** As it was built. */
  static Path built() {
    return Path.of(System.getProperty("notebay.distribution")).toAbsolutePath().normalize();
  }

  /** With agents and kernels that only pretend. */
  static Distribution withStandIns(Path directory) throws IOException {
    linkAll(directory, "runtime-agent");
    Path agent = directory.resolve("runtime-agent");
    Path launcher = Files.createDirectories(agent.resolve("python/notebay_launcher"));
    Files.createDirectories(agent.resolve("lib"));
    Files.writeString(launcher.resolve("__main__.py"), "import signal\n\nsignal.pause()\n");
    Files.writeString(
        agent.resolve("agent.args"),
        """
        -Xshare:auto
        -XX:TieredStopAtLevel=1
        -XX:+UseSerialGC
        -Xmx16m
        -cp
        %s
        %s
        """
            .formatted(testClasses(), StandInRuntime.class.getName()));
    return new Distribution(directory);
  }

  /**
   * With the real agents, which end where a file says.
   *
   * @param plan the directory of the crash agent's files
   */
  static Distribution withCrashingAgents(Path directory, Path crashAgent, Path plan)
      throws IOException {
    linkAll(directory, "runtime-agent");
    Path agent = Files.createDirectories(directory.resolve("runtime-agent"));
    Path built = built().resolve("runtime-agent");
    for (String part : List.of("lib", "python")) {
      Files.createSymbolicLink(agent.resolve(part), built.resolve(part));
    }
    Files.writeString(
        agent.resolve("agent.args"),
        Files.readString(built.resolve("agent.args")) + javaAgent(crashAgent, plan) + "\n");
    return new Distribution(directory);
  }

  private static void linkAll(Path directory, String but) throws IOException {
    Files.createDirectories(directory);
    try (var parts = Files.list(built())) {
      for (Path part : parts.toList()) {
        String name = part.getFileName().toString();
        if (!name.equals(but)) {
          Files.createSymbolicLink(directory.resolve(name), part);
        }
      }
    }
  }

  /** The option that puts the crash agent into a virtual machine. */
  static String javaAgent(Path crashAgent, Path plan) {
    return "-javaagent:" + crashAgent + "=" + plan;
  }

  /**
   * Makes the crash agent's archive. It is also on the boot class path, so that every class loader
   * of a service finds the inserted calls' target.
   */
  static Path crashAgent(Path directory) throws IOException {
    Path jar = directory.resolve("crash-agent.jar");
    var manifest = new Manifest();
    Attributes attributes = manifest.getMainAttributes();
    attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    attributes.putValue("Premain-Class", CrashAgent.class.getName());
    attributes.putValue("Can-Retransform-Classes", "true");
    attributes.putValue("Boot-Class-Path", jar.getFileName().toString());
    Path classes = testClasses();
    Path home = classes.resolve(CrashAgent.class.getPackageName().replace('.', '/'));
    try (var out = new JarOutputStream(Files.newOutputStream(jar), manifest);
        var files = Files.list(home)) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        if (List.of(CrashAgent.class, CrashInsertion.class, CrashPoint.class, CrashSwitch.class)
            .stream()
            .anyMatch(part -> name.startsWith(part.getSimpleName()))) {
          out.putNextEntry(new JarEntry(classes.relativize(file).toString()));
          try (InputStream in = Files.newInputStream(file)) {
            in.transferTo(out);
          }
        }
      }
    }
    return jar;
  }

  private static Path testClasses() {
    try {
      return Path.of(
          StandInRuntime.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException impossible) {
      throw new IllegalStateException("classes come from a file", impossible);
    }
  }
}
