package dev.notebay.agent.launcher;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Where the kernels' things are.
 *
 * @param socket the unix socket to listen on; relative to the working directory where its absolute
 *     path could pass the 108 bytes that the system allows
 * @param state the agent's own directory: {@code journal/} and {@code kernels/} are made in it
 * @param kernelName the name of the one kernelspec
 * @param memoryLimitBytes of all kernels together
 * @param memoryEvents the cgroup file that counts out-of-memory kills
 */
public record LauncherSettings(
    Path socket,
    Path state,
    String kernelName,
    OptionalLong memoryLimitBytes,
    Optional<Path> memoryEvents) {}
