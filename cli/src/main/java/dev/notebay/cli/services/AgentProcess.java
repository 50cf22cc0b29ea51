package dev.notebay.cli.services;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A session's agent on this machine, measured.
 *
 * @param startSeconds from the start of its process to its server answering, as it says itself
 * @param residentBytes of the process now
 */
public record AgentProcess(double startSeconds, long residentBytes) {
  private static final String MAIN = "dev.notebay.agent.config.RuntimeAgent";
  private static final String START = "notebay_agent_start_seconds ";
  private static final long KIBIBYTE = 1024;

  /**
   * @param home the state directory
   * @param uri of its Jupyter server
   */
  public static AgentProcess of(Path home, String sessionId, String uri) throws IOException {
    Path runtime = home.resolve("runtimes").resolve("s" + sessionId + "-1");
    ProcessHandle agent =
        Runtimes.supervisor(runtime).stream()
            .flatMap(ProcessHandle::descendants)
            .filter(AgentProcess::isAgent)
            .findFirst()
            .orElseThrow(() -> new IOException("no agent runs for " + runtime));
    return new AgentProcess(startSeconds(uri), residentBytes(agent.pid()));
  }

  private static boolean isAgent(ProcessHandle process) {
    try {
      return Files.readString(Path.of("/proc/" + process.pid() + "/cmdline")).contains(MAIN);
    } catch (IOException gone) {
      return false;
    }
  }

  private static double startSeconds(String uri) throws IOException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      String metrics =
          client
              .send(
                  HttpRequest.newBuilder(URI.create(uri + "/metrics")).build(),
                  HttpResponse.BodyHandlers.ofString())
              .body();
      return metrics
          .lines()
          .filter(line -> line.startsWith(START))
          .findFirst()
          .map(line -> Double.parseDouble(line.substring(START.length())))
          .orElseThrow(() -> new IOException("the agent does not say how long it took to start"));
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", interrupted);
    }
  }

  private static long residentBytes(long pid) throws IOException {
    return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .findFirst()
        .map(line -> Long.parseLong(line.replaceAll("\\D", "")) * KIBIBYTE)
        .orElseThrow(() -> new IOException("/proc/" + pid + "/status has no VmRSS"));
  }
}
