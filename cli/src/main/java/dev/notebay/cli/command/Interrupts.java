package dev.notebay.cli.command;

import sun.misc.Signal;

/**
 * Gives ^C to whoever waits for it, instead of ending the program; and a request to end, or a
 * terminal that is closed, as ^C pressed twice.
 */
final class Interrupts implements AutoCloseable {
  private volatile Runnable action;

  /**
   * Takes ^C from now on.
   *
   * @param action what to do each time; must not block
   */
  Interrupts(Runnable action) {
    this.action = action;
    Signal.handle(new Signal("INT"), signal -> this.action.run());
    Signal.handle(new Signal("TERM"), signal -> twice());
    Signal.handle(new Signal("HUP"), signal -> twice());
  }

  private void twice() {
    action.run();
    action.run();
  }

  /** What to do from now on. */
  void then(Runnable next) {
    action = next;
  }

  /** Further ^C change nothing: what is left to do is short and has to be done. */
  @Override
  public void close() {
    action = () -> {};
  }
}
