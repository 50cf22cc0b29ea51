package dev.notebay.agent.launcher;

import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * How the kernels of a session are reached.
 *
 * @param socket the unix socket to listen on; relative to the working directory where its absolute
 *     path could pass the 108 bytes that the system allows
 * @param kernelName the name of the one kernelspec
 * @param memoryLimitBytes of all kernels together
 */
public record LauncherSettings(Path socket, String kernelName, OptionalLong memoryLimitBytes) {}
