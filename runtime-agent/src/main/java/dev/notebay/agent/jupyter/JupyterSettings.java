package dev.notebay.agent.jupyter;

/**
 * Where and for whom the server answers.
 *
 * @param port 0 for a free one
 * @param defaultKernelspec what a client gets that names none
 */
public record JupyterSettings(String host, int port, String defaultKernelspec) {}
