package dev.notebay.simulator.openb;

/** A file or an option that cannot be used; the message says where, what was found and expected. */
public final class BadInput extends RuntimeException {
  private static final long serialVersionUID = 1;

  public BadInput(String message) {
    super(message);
  }
}
