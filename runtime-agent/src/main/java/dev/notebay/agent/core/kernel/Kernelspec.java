package dev.notebay.agent.core.kernel;

import java.util.List;
import java.util.Map;

/**
 * A kind of kernel that can be started.
 *
 * @param interruptMode {@code signal} or {@code message}, as Jupyter's kernelspecs say it
 */
public record Kernelspec(
    String name,
    List<String> argv,
    String displayName,
    String language,
    Map<String, String> env,
    Map<String, Boolean> metadata,
    String interruptMode) {
  public Kernelspec {
    argv = List.copyOf(argv);
    env = Map.copyOf(env);
    metadata = Map.copyOf(metadata);
  }

  /** IPython on the session's Python, as ipykernel's own kernelspec says it. */
  public static Kernelspec python(String name) {
    return new Kernelspec(
        name,
        List.of("python3", "-m", "ipykernel_launcher", "-f", "{connection_file}"),
        "Python 3 (ipykernel)",
        "python",
        Map.of(),
        Map.of("debugger", true),
        "signal");
  }
}
