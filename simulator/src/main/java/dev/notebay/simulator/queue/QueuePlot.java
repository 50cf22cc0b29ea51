package dev.notebay.simulator.queue;

import dev.notebay.simulator.queue.QueueResult.Change;
import dev.notebay.simulator.report.Plot;
import java.awt.BasicStroke;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** A timeline: how many GPUs each queue holds, of the queues that used most. */
final class QueuePlot {
  private static final int WIDTH = 1200;
  private static final int HEIGHT = 600;
  private static final int SHOWN = 7;
  private static final double HOUR = 3600;

  private record Curve(List<Double> hours, List<Double> devices) {
    private Curve() {
      this(new ArrayList<>(List.of(0.0)), new ArrayList<>(List.of(0.0)));
    }

    private void change(double hour, double by) {
      hours.add(hour);
      devices.add(devices.getLast() + by);
    }
  }

  private QueuePlot() {}

  static void write(Path file, String title, QueueResult result) throws IOException {
    Set<String> shown =
        result.queues().entrySet().stream()
            .filter(one -> one.getValue().gpuSeconds() > 0)
            .sorted((a, b) -> Double.compare(b.getValue().gpuSeconds(), a.getValue().gpuSeconds()))
            .limit(SHOWN)
            .map(Map.Entry::getKey)
            .collect(Collectors.toSet());
    Map<String, Curve> curves = new HashMap<>();
    for (Change change : result.changes()) {
      if (shown.contains(change.queue())) {
        curves
            .computeIfAbsent(change.queue(), _ -> new Curve())
            .change(change.seconds() / HOUR, change.devices());
      }
    }
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .xAxisTitle("hours")
            .yAxisTitle("GPUs held")
            .build();
    chart.getStyler().setLegendPosition(LegendPosition.OutsideE);
    chart.getStyler().setDefaultSeriesRenderStyle(XYSeriesRenderStyle.Step);
    int color = 0;
    for (String queue : shown.stream().sorted().toList()) {
      Curve curve = curves.getOrDefault(queue, new Curve());
      curve.change(result.seconds() / HOUR, 0);
      chart
          .addSeries(queue, curve.hours(), curve.devices())
          .setMarker(SeriesMarkers.NONE)
          .setLineColor(Plot.color(color++))
          .setLineStyle(new BasicStroke(2));
    }
    Plot.save(file, chart);
  }
}
