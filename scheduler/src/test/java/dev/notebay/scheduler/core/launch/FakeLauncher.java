package dev.notebay.scheduler.core.launch;

import dev.notebay.scheduler.core.session.EndReason;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A machine that runs nothing and remembers what it was told. */
public final class FakeLauncher implements Launcher {
  private final Map<RuntimeName, RuntimeView> runtimes = new TreeMap<>();
  private final List<LaunchRequest> launches = new ArrayList<>();
  private int broken;
  private Optional<String> refusal = Optional.empty();

  @Override
  public synchronized void launch(LaunchRequest request) {
    if (broken > 0) {
      broken--;
      throw new IllegalStateException("broken");
    }
    if (refusal.isPresent()) {
      throw new LaunchException(refusal.get());
    }
    if (runtimes.putIfAbsent(request.name(), new RuntimeView.Running(request.name())) == null) {
      launches.add(request);
    }
  }

  @Override
  public synchronized List<RuntimeView> list() {
    return List.copyOf(runtimes.values());
  }

  @Override
  public synchronized Optional<RuntimeView> look(RuntimeName name) {
    return Optional.ofNullable(runtimes.get(name));
  }

  @Override
  public synchronized void terminate(RuntimeName name) {
    end(name, EndReason.RUNTIME_LOST, "terminated");
  }

  @Override
  public synchronized void remove(RuntimeName name) {
    runtimes.computeIfPresent(name, (_, view) -> view instanceof RuntimeView.Ended ? null : view);
  }

  /** What runs under this name ends by itself. */
  public synchronized void end(RuntimeName name, EndReason reason, String message) {
    runtimes.computeIfPresent(
        name, (_, _) -> new RuntimeView.Ended(name, reason, message, Instant.EPOCH));
  }

  /** The next launches fail unexpectedly. */
  public synchronized void breakFor(int launches) {
    broken = launches;
  }

  public synchronized void refuse(String message) {
    refusal = Optional.of(message);
  }

  /** Every launch that made a runtime. */
  public synchronized List<LaunchRequest> launches() {
    return List.copyOf(launches);
  }
}
