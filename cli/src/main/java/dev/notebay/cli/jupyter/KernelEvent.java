package dev.notebay.cli.jupyter;

import java.util.Optional;

/** What a client of a kernel has to react to. */
public sealed interface KernelEvent {
  /** The kernel said something. */
  record Received(KernelMessage message) implements KernelEvent {}

  /** The connection ended; what the kernel says from now on has to be asked for again. */
  record Dropped(int connection, String why) implements KernelEvent {}

  /** The user answered what the kernel asked; empty: there will be no answer. */
  record Answered(KernelMessage question, Optional<String> answer) implements KernelEvent {}

  /** The user pressed ^C. */
  record Interrupted() implements KernelEvent {}

  /** The session is no longer running. */
  record SessionEnded(String why) implements KernelEvent {}
}
