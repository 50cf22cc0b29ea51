package dev.notebay.scheduler.local;

import dev.notebay.scheduler.core.launch.Launcher;
import dev.notebay.scheduler.core.launch.LauncherContract;
import dev.notebay.scheduler.core.launch.RuntimeName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** On this machine, with its real processes. */
class LocalLauncherContractTest extends LauncherContract {
  @TempDir private Path directory;
  private LocalMachine machine;
  private LocalLauncher launcher;

  @BeforeEach
  void start() throws Exception {
    machine = new LocalMachine(directory, LocalMachine.IDLE);
    launcher = machine.launcher();
  }

  @AfterEach
  void stop() throws IOException {
    machine.close();
  }

  @Override
  protected Launcher launcher() {
    return launcher;
  }

  @Override
  protected Launcher another() {
    try {
      return machine.launcher();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  @Override
  protected String node() {
    return "here";
  }

  @Override
  protected void await(String what, BooleanSupplier condition) {
    Eventually.await(what, condition::getAsBoolean);
  }

  @Override
  protected void exit(RuntimeName name) {
    try {
      Files.writeString(machine.awaitUp(name).agent().resolve("exit"), "0");
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
