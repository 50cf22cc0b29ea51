package dev.notebay.cli.command;

import dev.notebay.cli.terminal.CliFailure;
import dev.notebay.cli.terminal.Quantities;
import dev.notebay.proto.session.v1.Accelerator;
import dev.notebay.proto.session.v1.Compute;
import dev.notebay.proto.session.v1.Session;
import dev.notebay.proto.session.v1.SessionPolicy;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What session is wanted. */
final class SessionOptions {
  @Option(
      names = "--accelerator",
      paramLabel = "TYPE[,TYPE]...",
      defaultValue = "none",
      split = ",",
      description =
          "none (the default) or a type that ./notebay accelerators shows; after commas what"
              + " would do as well.")
  List<String> accelerators = List.of("none");

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "How many of them, on one node; less than 1, such as 0.25, for a share of one, where"
              + " ./notebay accelerators says that they are shared.")
  String count = "1";

  @Option(
      names = "--gpu-memory",
      paramLabel = "SIZE",
      description =
          "Memory that each of them must have, for instance 10GiB; a share has its part of the"
              + " device's by default.")
  @Nullable String gpuMemory;

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

  @Option(
      names = "--queue",
      paramLabel = "QUEUE",
      description = "In which to wait; default by default.")
  String queue = "";

  @Option(
      names = "--priority",
      paramLabel = "N",
      defaultValue = "0",
      description = "Within the queue: the higher, the sooner.")
  int priority;

  @Option(
      names = "--image",
      paramLabel = "IMAGE",
      description = "Container image to run in, of those that the cluster allows.")
  String image = "";

  @Option(
      names = "--env",
      paramLabel = "NAME=VALUE",
      description =
          "A variable of the kernels' environment; may be given again. No place for secrets.")
  List<String> environment = List.of();

  @Option(names = "--name", paramLabel = "TEXT", description = "What to show the session as.")
  String displayName = "";

  Session wanted() {
    var session = Session.newBuilder().setDisplayName(displayName).setAccelerator(accelerator());
    session.setQueueName(queue).setPriority(priority);
    session.setImage(image).putAllEnvironment(variables());
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

  private Accelerator accelerator() {
    String type = accelerators.getFirst();
    int milli = Quantities.deviceMilli("--count", count);
    var accelerator =
        Accelerator.newBuilder()
            .setType(type)
            .addAllElseTypes(accelerators.subList(1, accelerators.size()));
    if (milli < Quantities.WHOLE_DEVICE_MILLI) {
      accelerator.setCount(1).setMilli(milli);
    } else if (!type.equals("none") || milli > Quantities.WHOLE_DEVICE_MILLI) {
      accelerator.setCount(milli / Quantities.WHOLE_DEVICE_MILLI);
    }
    if (gpuMemory != null) {
      accelerator.setMemoryBytes(Quantities.bytes("--gpu-memory", gpuMemory));
    }
    return accelerator.build();
  }

  private Map<String, String> variables() {
    Map<String, String> variables = new LinkedHashMap<>();
    for (String each : environment) {
      int equals = each.indexOf('=');
      if (equals < 1) {
        throw CliFailure.usage("--env: " + each + " (expected: NAME=VALUE)", "");
      }
      if (variables.put(each.substring(0, equals), each.substring(equals + 1)) != null) {
        throw CliFailure.usage(
            "--env: " + each.substring(0, equals) + " (expected: each name once)", "");
      }
    }
    return variables;
  }

  static com.google.protobuf.Duration proto(Duration duration) {
    return com.google.protobuf.Duration.newBuilder()
        .setSeconds(duration.toSeconds())
        .setNanos(duration.toNanosPart())
        .build();
  }
}
