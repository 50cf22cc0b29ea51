package dev.notebay.reliability.crash;

import java.io.IOException;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.lang.instrument.UnmodifiableClassException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.ProtectionDomain;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The Java agent: {@code -javaagent:crash-agent.jar=DIRECTORY}. In the directory the file {@code
 * point} names where the process is to end, from the start or from when it appears. The process
 * makes the file {@code reached} as it ends there, and does not end there again while that exists.
 */
public final class CrashAgent {
  /** Names the point. */
  public static final String POINT = "point";

  /** Says that it was reached. */
  public static final String REACHED = "reached";

  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private CrashAgent() {}

  /** Called by the virtual machine before {@code main}. */
  public static void premain(String directory, Instrumentation instrumentation) throws IOException {
    Path point = Path.of(directory, POINT);
    Path reached = Path.of(directory, REACHED);
    if (Files.exists(reached)) {
      return;
    }
    if (Files.exists(point)) {
      arm(point, reached, instrumentation);
      return;
    }
    Thread.ofPlatform()
        .name("crash-agent")
        .daemon()
        .start(
            () -> {
              while (!Files.exists(point)) {
                LockSupport.parkNanos(LOOK_NANOS);
              }
              try {
                arm(point, reached, instrumentation);
              } catch (IOException unreadable) {
                giveUp(unreadable);
              }
            });
  }

  private static void arm(Path point, Path reached, Instrumentation instrumentation)
      throws IOException {
    CrashPoint wanted = CrashPoint.parse(Files.readString(point).strip());
    CrashSwitch.arm(wanted.hit(), reached);
    instrumentation.addTransformer(new Transformer(wanted), true);
    for (Class<?> loaded : instrumentation.getAllLoadedClasses()) {
      if (loaded.getName().equals(wanted.type())) {
        try {
          instrumentation.retransformClasses(loaded);
        } catch (UnmodifiableClassException impossible) {
          giveUp(impossible);
        }
      }
    }
  }

  /** The virtual machine would go on without a word. */
  private static void giveUp(Throwable failure) {
    failure.printStackTrace();
    Runtime.getRuntime().halt(1);
  }

  private record Transformer(CrashPoint point) implements ClassFileTransformer {
    @Override
    public byte @Nullable [] transform(
        Module module,
        @Nullable ClassLoader loader,
        String type,
        @Nullable Class<?> redefined,
        @Nullable ProtectionDomain domain,
        byte[] code) {
      if (!point.internalType().equals(type) || loader == null) {
        return null;
      }
      try {
        return new CrashInsertion(point).into(code, loader);
      } catch (RuntimeException | Error failure) {
        giveUp(failure);
        return null;
      }
    }
  }
}
