package dev.notebay.deploy.chart;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The metrics that dashboards and alerts of the chart ask for. */
public final class MetricNames {
  private static final Pattern OURS = Pattern.compile("\\bnotebay_[a-z0-9_]+");

  private MetricNames() {}

  /** Every name, with the suffix that it has in a scrape. */
  public static Set<String> asked() throws IOException {
    Set<String> names = new TreeSet<>(in(Chart.file("alerts.yaml")));
    try (Stream<Path> dashboards = Files.list(Chart.DIRECTORY.resolve("dashboards"))) {
      for (Path dashboard : dashboards.toList()) {
        names.addAll(in(Files.readString(dashboard)));
      }
    }
    return names;
  }

  /** Every name in a scrape, or in anything else. */
  public static Set<String> in(String text) {
    Set<String> names = new TreeSet<>();
    Matcher found = OURS.matcher(text);
    while (found.find()) {
      names.add(found.group());
    }
    return names;
  }
}
