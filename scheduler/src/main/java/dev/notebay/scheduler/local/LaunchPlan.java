package dev.notebay.scheduler.local;

import static dev.notebay.scheduler.local.JsonText.JSON;

import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the supervisor is to start, as its {@code launch.json}. No secret is in it.
 *
 * @param sandbox the command line of the sandbox, or of the launcher where there is none
 * @param bubblewrap whether it is a sandbox
 * @param systemCallFilter for the sandbox, as a file
 * @param resourceLimits by the names of {@code getrlimit}, in small letters
 * @param network the way out of the sandbox, where there is one
 * @param conditions what this machine does not give to the runtime, for its log
 */
record LaunchPlan(
    List<String> agent,
    Map<String, String> agentEnvironment,
    List<String> sandbox,
    Map<String, String> sandboxEnvironment,
    boolean bubblewrap,
    Optional<Path> systemCallFilter,
    List<Cgroups.Group> groups,
    Map<String, Long> resourceLimits,
    Optional<Network> network,
    List<String> conditions) {

  /**
   * @param blocked IPv4 networks, such as {@code 169.254.0.0/16}, that the sandbox must not reach
   */
  record Network(Path slirp4netns, List<String> blocked) {}

  JsonObject toJson() {
    var groupsJson = JSON.createArrayBuilder();
    for (Cgroups.Group group : groups) {
      groupsJson.add(
          JSON.createObjectBuilder()
              .add("path", group.path().toString())
              .add("files", object(group.files()))
              .add("optional", array(group.optional())));
    }
    JsonObjectBuilder limits = JSON.createObjectBuilder();
    resourceLimits.forEach(limits::add);
    return JSON.createObjectBuilder()
        .add(
            "agent",
            JSON.createObjectBuilder()
                .add("argv", array(agent))
                .add("env", object(agentEnvironment)))
        .add(
            "sandbox",
            JSON.createObjectBuilder()
                .add("argv", array(sandbox))
                .add("env", object(sandboxEnvironment))
                .add("bubblewrap", bubblewrap)
                .add("seccomp", systemCallFilter.map(Path::toString).orElse("")))
        .add("cgroups", groupsJson)
        .add("rlimits", limits)
        .add("network", network.map(LaunchPlan::json).orElse(JsonValue.NULL))
        .add("conditions", array(conditions))
        .add(
            "restart",
            JSON.createObjectBuilder()
                .add("first_seconds", 0.1)
                .add("most_seconds", 10)
                .add("limit", 8)
                .add("window_seconds", 300))
        .add("grace_seconds", LocalSettings.GRACE.toMillis() / 1000.0)
        .build();
  }

  private static JsonValue json(Network network) {
    return JSON.createObjectBuilder()
        .add("slirp4netns", network.slirp4netns().toString())
        .add("blocked", array(network.blocked()))
        .build();
  }

  private static JsonObject object(Map<String, String> values) {
    JsonObjectBuilder builder = JSON.createObjectBuilder();
    values.forEach(builder::add);
    return builder.build();
  }

  private static JsonArray array(Collection<String> values) {
    return JSON.createArrayBuilder(values).build();
  }
}
