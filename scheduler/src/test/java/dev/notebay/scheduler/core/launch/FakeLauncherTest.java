package dev.notebay.scheduler.core.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.session.EndReason;
import java.util.function.BooleanSupplier;

class FakeLauncherTest extends LauncherContract {
  private final FakeLauncher launcher = new FakeLauncher();

  @Override
  protected Launcher launcher() {
    return launcher;
  }

  @Override
  protected Launcher another() {
    return launcher;
  }

  @Override
  protected String node() {
    return "here";
  }

  @Override
  protected void await(String what, BooleanSupplier condition) {
    assertThat(condition.getAsBoolean()).as(what).isTrue();
  }

  @Override
  protected void exit(RuntimeName name) {
    launcher.end(name, EndReason.RUNTIME_LOST, "exit");
  }
}
