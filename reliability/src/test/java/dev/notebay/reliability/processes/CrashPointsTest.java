package dev.notebay.reliability.processes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.reliability.crash.CrashInsertion;
import dev.notebay.reliability.crash.CrashPoint;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class CrashPointsTest {
  @Test
  void everyPointIsInTheCode() throws Exception {
    List<CrashPoint> points =
        Stream.of(
                CrashPoints.ofFirstStart(),
                CrashPoints.ofStartingScheduler(),
                CrashPoints.ofWorkingScheduler(),
                CrashPoints.ofForce(),
                CrashPoints.ofAgent())
            .flatMap(List::stream)
            .toList();
    assertThat(points).hasSizeGreaterThanOrEqualTo(40).doesNotHaveDuplicates();
    for (CrashPoint point : points) {
      assertThat(places(point)).as(point.toString()).isPositive();
    }
  }

  @Test
  void aPointIsReadAsItIsWritten() {
    for (CrashPoint point : CrashPoints.ofWorkingScheduler()) {
      assertThat(CrashPoint.parse(point.toString())).isEqualTo(point);
    }
    assertThat(CrashPoint.parse("a.B.c(2)@after:d#3").toString()).isEqualTo("a.B.c(2)@after:d#3");
  }

  private static int places(CrashPoint point) throws IOException {
    ClassLoader loader = CrashPointsTest.class.getClassLoader();
    String file = point.type().replace('.', '/') + ".class";
    try (InputStream code =
        Optional.ofNullable(loader.getResourceAsStream(file))
            .orElseThrow(() -> new AssertionError("no class: " + point))) {
      var insertion = new CrashInsertion(point);
      insertion.into(code.readAllBytes(), loader);
      return insertion.places();
    }
  }
}
