package dev.notebay.simulator.report;

import dev.notebay.simulator.openb.BadInput;
import dev.notebay.simulator.replay.Result;
import dev.notebay.simulator.replay.Summary;
import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** GPU allocated against GPU wanted, one curve for each policy. */
public final class Plot {
  private static final int WIDTH = 960;
  private static final int HEIGHT = 600;

  /** Below it all curves are one. */
  private static final double FROM_PERCENT = 75;

  /** Told apart by colour-blind people too (Okabe and Ito). */
  private static final List<Color> COLORS =
      List.of(
          new Color(0x999999),
          new Color(0xE69F00),
          new Color(0x56B4E9),
          new Color(0x009E73),
          new Color(0xCC79A7),
          new Color(0x0072B2),
          new Color(0xD55E00));

  private Plot() {}

  /**
   * @throws BadInput when the name does not end in {@code .svg} or {@code .png}
   */
  public static void check(Path file) {
    String name = file.toString();
    if (!name.endsWith(".svg") && !name.endsWith(".png")) {
      throw new BadInput("--plot: " + name + " (expected: a name that ends in .svg or .png)");
    }
  }

  public static void write(Path file, String title, List<Summary> summaries) throws IOException {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .xAxisTitle("GPU wanted by arrivals, % of all")
            .yAxisTitle("GPU allocated, % of all")
            .build();
    chart.getStyler().setLegendPosition(LegendPosition.InsideSE);
    chart.getStyler().setDecimalPattern("0");
    for (int index = 0; index < summaries.size(); index++) {
      Summary summary = summaries.get(index);
      List<Result.Point> points =
          summary.curve().stream().filter(point -> point.demandPercent() >= FROM_PERCENT).toList();
      List<Result.Point> shown = points.isEmpty() ? summary.curve() : points;
      chart
          .addSeries(
              summary.label(),
              shown.stream().map(Result.Point::demandPercent).toList(),
              shown.stream().map(Result.Point::allocatedPercent).toList())
          .setMarker(SeriesMarkers.NONE)
          .setLineColor(color(index))
          .setLineStyle(new BasicStroke(2));
    }
    save(file, chart);
  }

  /** One of few colours that can be told apart, again and again. */
  public static Color color(int index) {
    return COLORS.get(index % COLORS.size());
  }

  /** Writes a chart as its file's name says. */
  public static void save(Path file, XYChart chart) throws IOException {
    check(file);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    String path = file.toString();
    if (path.endsWith(".svg")) {
      VectorGraphicsEncoder.saveVectorGraphic(chart, path, VectorGraphicsFormat.SVG);
    } else {
      BitmapEncoder.saveBitmap(chart, path, BitmapFormat.PNG);
    }
  }
}
