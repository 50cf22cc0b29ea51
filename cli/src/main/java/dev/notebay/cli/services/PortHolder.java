package dev.notebay.cli.services;

import dev.notebay.cli.config.Endpoint;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Finds out whether an address is free to listen on, and who has it if not. */
final class PortHolder {
  private PortHolder() {}

  static boolean isFree(Endpoint endpoint) {
    try (var socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(endpoint.address());
      return true;
    } catch (IOException taken) {
      return false;
    }
  }

  /** Name and id of the process that listens on a port, where this user may see it. */
  static Optional<String> of(int port) {
    Set<String> sockets = new HashSet<>();
    sockets.addAll(listeners(Path.of("/proc/net/tcp"), port));
    sockets.addAll(listeners(Path.of("/proc/net/tcp6"), port));
    if (sockets.isEmpty()) {
      return Optional.empty();
    }
    return ProcessHandle.allProcesses()
        .filter(process -> holds(process.pid(), sockets))
        .findFirst()
        .map(process -> nameOf(process.pid()) + " (pid " + process.pid() + ")");
  }

  private static Set<String> listeners(Path table, int port) {
    String suffix = String.format(Locale.ROOT, ":%04X", port);
    Set<String> inodes = new HashSet<>();
    try {
      for (String line : Files.readAllLines(table)) {
        String[] fields = line.strip().split("\\s+");
        if (fields.length > 9 && fields[1].endsWith(suffix) && fields[3].equals("0A")) {
          inodes.add("socket:[" + fields[9] + "]");
        }
      }
    } catch (IOException unreadable) {
      return Set.of();
    }
    return inodes;
  }

  private static boolean holds(long pid, Set<String> sockets) {
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "fd"))) {
      for (Path file : files) {
        if (Files.isSymbolicLink(file)
            && sockets.contains(Files.readSymbolicLink(file).toString())) {
          return true;
        }
      }
      return false;
    } catch (IOException | java.nio.file.DirectoryIteratorException notOurs) {
      return false;
    }
  }

  private static String nameOf(long pid) {
    try {
      return Files.readString(Path.of("/proc", Long.toString(pid), "comm")).strip();
    } catch (IOException gone) {
      return "a process";
    }
  }
}
