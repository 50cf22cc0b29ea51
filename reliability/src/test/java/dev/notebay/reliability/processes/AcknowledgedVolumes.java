package dev.notebay.reliability.processes;

import dev.notebay.reliability.processes.Outside.VolumeRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Which volumes the storage gateway has said that it made, and which that it put into the trash.
 */
final class AcknowledgedVolumes {
  private final Map<String, String> states = new TreeMap<>();

  synchronized void created(String owner, String volume) {
    states.put(owner + "/" + volume, "ACTIVE");
  }

  synchronized void deleted(String owner, String volume) {
    states.put(owner + "/" + volume, "DELETED");
  }

  /** Those whose row says otherwise. */
  synchronized List<String> violations(List<VolumeRow> rows) {
    Map<String, String> there =
        rows.stream()
            .collect(Collectors.toMap(row -> row.owner() + "/" + row.id(), VolumeRow::state));
    List<String> wrong = new ArrayList<>();
    states.forEach(
        (name, state) -> {
          if (!state.equals(there.get(name))) {
            wrong.add("volume " + name + " was " + state + " and is " + there.get(name));
          }
        });
    Set<String> twice = new TreeSet<>();
    rows.stream()
        .map(row -> row.owner() + "/" + row.id())
        .filter(name -> !twice.add(name))
        .forEach(name -> wrong.add("volume made twice: " + name));
    return wrong;
  }
}
