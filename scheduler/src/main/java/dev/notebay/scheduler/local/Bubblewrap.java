package dev.notebay.scheduler.local;

import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * A bubblewrap that was seen to work on this machine.
 *
 * @param executable its path
 * @param options which of the options that older ones lack it has
 * @param slirp4netns the program that gives a sandbox its network, where there is one
 */
public record Bubblewrap(Path executable, Set<Option> options, Optional<Path> slirp4netns) {
  public Bubblewrap {
    options = Set.copyOf(options);
  }

  /** Options that not every bubblewrap has. */
  enum Option {
    DISABLE_USERNS("--disable-userns"),
    SIZE("--size");

    private final String flag;

    Option(String flag) {
      this.flag = flag;
    }

    String flag() {
      return flag;
    }
  }
}
