package dev.notebay.agent.core.kernel;

import java.util.UUID;

/** Names one kernel for as long as its session lives, also across restarts of the kernel. */
public record KernelId(UUID value) {
  @Override
  public String toString() {
    return value.toString();
  }
}
