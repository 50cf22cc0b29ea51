package dev.notebay.simulator.openb;

import dev.notebay.scheduler.core.placement.Request;
import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Compute;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The requests of an openb pod list, ordered by the pods' names.
 *
 * <p>A pod takes any of the models that it names with no preference, or of all there are; equal
 * requests are one object.
 */
public record PodList(List<Request> pods) {
  private static final List<String> COLUMNS =
      List.of("name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli");
  private static final int MOST_GPUS = 8;

  private record Named(String name, Request request) {}

  /**
   * @param models what a pod that names none accepts
   * @throws BadInput naming line, column and value
   */
  public static PodList read(Path file, List<String> models) {
    List<Named> pods = new ArrayList<>();
    Set<String> names = new HashSet<>();
    Map<Request, Request> interned = new HashMap<>();
    for (CsvTable.Row row : CsvTable.read(file, COLUMNS).rows()) {
      if (!names.add(row.text("name"))) {
        throw row.bad("name", "each pod once");
      }
      Request request = request(row, models);
      pods.add(new Named(row.text("name"), interned.computeIfAbsent(request, same -> same)));
    }
    if (pods.isEmpty()) {
      throw new BadInput(file + ": has no pod");
    }
    pods.sort(Comparator.comparing(Named::name));
    return new PodList(pods.stream().map(Named::request).toList());
  }

  private static Request request(CsvTable.Row row, List<String> models) {
    // Some pods ask for no memory at all.
    var compute =
        new Compute(
            Math.max(1, row.number("cpu_milli", 0, NodeList.MOST)),
            Math.max(1, row.number("memory_mib", 0, NodeList.MOST) << 20));
    int gpus = (int) row.number("num_gpu", 0, MOST_GPUS);
    if (gpus == 0) {
      row.number("gpu_milli", 0, Accelerator.WHOLE);
      return new Request(Accelerator.NONE, compute);
    }
    int milli = (int) row.number("gpu_milli", 1, Accelerator.WHOLE);
    if (gpus > 1 && milli < Accelerator.WHOLE) {
      throw row.bad("gpu_milli", "1000, as num_gpu is " + gpus);
    }
    List<String> accepted =
        row.text("gpu_spec").isEmpty()
            ? models
            : List.of(row.text("gpu_spec").split("\\|", -1)).stream()
                .map(model -> NodeList.model(row, "gpu_spec", model))
                .distinct()
                .sorted()
                .toList();
    return new Request(
        new Accelerator(accepted, gpus, milli, 0),
        compute,
        Request.Choice.BEST_RANKED,
        Map.of(),
        Optional.empty());
  }

  /** Thousandths of GPUs that a request wants in all. */
  public static long milli(Request request) {
    return (long) request.accelerator().count() * request.accelerator().milli();
  }
}
