package dev.notebay.agent.jupyter;

import java.util.Set;

/**
 * Where and for whom the server answers.
 *
 * @param port 0 for a free one
 * @param allowedOrigins origins of pages besides the server's own
 * @param defaultKernelspec what a client gets that names none
 */
public record JupyterSettings(
    String host, int port, Set<String> allowedOrigins, String defaultKernelspec) {
  public JupyterSettings {
    allowedOrigins = Set.copyOf(allowedOrigins);
  }
}
