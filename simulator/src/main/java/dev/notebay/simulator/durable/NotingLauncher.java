package dev.notebay.simulator.durable;

import dev.notebay.scheduler.core.launch.LaunchRequest;
import dev.notebay.scheduler.core.launch.Launcher;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.launch.RuntimeView;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Starts nothing and notes what it was asked for, so that only the scheduler is measured. */
final class NotingLauncher implements Launcher {
  private final Map<RuntimeName, RuntimeView> runtimes = new ConcurrentHashMap<>();
  private final Set<RuntimeName> over = ConcurrentHashMap.newKeySet();

  @Override
  public void launch(LaunchRequest request) {
    runtimes.putIfAbsent(request.name(), new RuntimeView.Running(request.name()));
    if (over.contains(request.name())) {
      runtimes.remove(request.name());
    }
  }

  /** The runtime ends by itself; one that is launched only now, at once. */
  void end(RuntimeName name) {
    over.add(name);
    runtimes.remove(name);
  }

  @Override
  public List<RuntimeView> list() {
    return List.copyOf(runtimes.values());
  }

  @Override
  public Optional<RuntimeView> look(RuntimeName name) {
    return Optional.ofNullable(runtimes.get(name));
  }

  @Override
  public void terminate(RuntimeName name) {
    runtimes.remove(name);
  }

  @Override
  public void remove(RuntimeName name) {
    runtimes.remove(name);
  }
}
