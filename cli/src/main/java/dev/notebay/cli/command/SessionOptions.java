package dev.notebay.cli.command;

import dev.notebay.cli.terminal.CliFailure;
import dev.notebay.cli.terminal.Quantities;
import dev.notebay.proto.session.v1.Accelerator;
import dev.notebay.proto.session.v1.Compute;
import dev.notebay.proto.session.v1.Session;
import dev.notebay.proto.session.v1.SessionPolicy;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What session is wanted. */
final class SessionOptions {
  @Option(
      names = "--accelerator",
      paramLabel = "TYPE",
      defaultValue = "none",
      description = "none (the default) or a type that ./notebay accelerators shows.")
  String accelerator = "none";

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "1",
      description = "How many of them, on one node.")
  int count = 1;

  @Option(names = "--cpu", paramLabel = "CPUS", description = "For instance 2, 0.5 or 500m.")
  @Nullable String cpu;

  @Option(names = "--memory", paramLabel = "SIZE", description = "For instance 4GiB.")
  @Nullable String memory;

  @Option(
      names = "--volume",
      paramLabel = "NAME",
      defaultValue = "drive",
      description = "The volume to mount; drive by default, none for none.")
  String volume = "drive";

  @Option(
      names = "--idle-timeout",
      paramLabel = "TIME",
      description = "How long nothing may be active, for instance 90m.")
  @Nullable String idleTimeout;

  @Option(
      names = "--max-lifetime",
      paramLabel = "TIME",
      description = "How long the session may run at all, for instance 12h.")
  @Nullable String maximumLifetime;

  @Option(names = "--name", paramLabel = "TEXT", description = "What to show the session as.")
  String displayName = "";

  Session wanted() {
    if (count < 1) {
      throw CliFailure.usage("--count: " + count + " (expected: at least 1)", "");
    }
    var session = Session.newBuilder().setDisplayName(displayName);
    session.setAccelerator(
        Accelerator.newBuilder()
            .setType(accelerator)
            .setCount(accelerator.equals("none") && count == 1 ? 0 : count));
    session.setVolume(volume.equals("none") ? "" : volume);
    var compute = Compute.newBuilder();
    if (cpu != null) {
      compute.setCpuMilli(Quantities.cpuMilli("--cpu", cpu));
    }
    if (memory != null) {
      compute.setMemoryBytes(Quantities.bytes("--memory", memory));
    }
    session.setCompute(compute);
    var policy = SessionPolicy.newBuilder();
    if (idleTimeout != null) {
      policy.setIdleTimeout(proto(Quantities.duration("--idle-timeout", idleTimeout)));
    }
    if (maximumLifetime != null) {
      policy.setMaximumLifetime(proto(Quantities.duration("--max-lifetime", maximumLifetime)));
    }
    return session.setPolicy(policy).build();
  }

  static com.google.protobuf.Duration proto(Duration duration) {
    return com.google.protobuf.Duration.newBuilder()
        .setSeconds(duration.toSeconds())
        .setNanos(duration.toNanosPart())
        .build();
  }
}
