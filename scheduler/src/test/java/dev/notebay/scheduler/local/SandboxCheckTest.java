package dev.notebay.scheduler.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SandboxCheckTest {
  @TempDir Path directory;

  @Test
  void findsTheSandboxOfThisMachineWorking() throws Exception {
    assertThat(new SandboxCheck("/usr/bin:/bin").run().executable()).hasFileName("bwrap");
  }

  @Test
  void saysHowToInstallBubblewrap() {
    assertThatThrownBy(() -> new SandboxCheck(directory.toString()).run())
        .isInstanceOf(SandboxCheck.SandboxBroken.class)
        .hasMessageContaining("sudo apt-get install -y bubblewrap")
        .hasMessageContaining("--no-sandbox");
  }

  @ParameterizedTest
  @CsvSource({
    "sys/kernel/apparmor_restrict_unprivileged_userns, 1, sudo apparmor_parser -r",
    "sys/kernel/unprivileged_userns_clone, 0, kernel.unprivileged_userns_clone=1",
    "sys/user/max_user_namespaces, 0, user.max_user_namespaces=15000",
    "sys/none, 0, --security-opt seccomp=unconfined"
  })
  void saysWhatForbidsTheSandboxAndHowToAllowIt(String setting, String value, String remedy)
      throws IOException {
    script("bwrap", "echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1");
    Path proc = directory.resolve("proc");
    Files.createDirectories(proc.resolve(setting).getParent());
    Files.writeString(proc.resolve(setting), value + "\n");

    assertThatThrownBy(() -> new SandboxCheck(directory.toString(), proc).run())
        .isInstanceOf(SandboxCheck.SandboxBroken.class)
        .hasMessageContaining("setting up uid map: Permission denied")
        .hasMessageContaining(remedy)
        .hasMessageContaining("--no-sandbox");
  }

  @Test
  void findsAPythonThatCanRunKernels() throws Exception {
    script("python3", "echo has no ipykernel; exit 1");
    KernelPython python = KernelPython.find(Optional.empty(), directory.toString());
    assertThat(python.executable()).isExecutable();
  }

  @Test
  void takesNoOtherPythonThanTheOneThatWasNamed() throws IOException {
    Path named = script("python", "echo has no ipykernel; exit 1");
    assertThatThrownBy(() -> KernelPython.find(Optional.of(named.toString()), "/usr/bin"))
        .hasMessageContaining(named + " has no ipykernel")
        .hasMessageContaining("sudo apt-get install -y python3-ipykernel");
  }

  private Path script(String name, String text) throws IOException {
    Path file = Files.writeString(directory.resolve(name), "#!/bin/sh\n" + text + "\n");
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
