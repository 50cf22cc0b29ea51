package dev.notebay.scheduler.kube.session;

import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Image;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionSpec;
import dev.notebay.scheduler.kube.session.NotebookSessionSpec.AcceleratorWish;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** Writes what a session that was asked for elsewhere asks for. */
final class SpecWriter {
  private static final long MEBIBYTE = 1L << 20;
  private static final int CPU_SCALE = 3;

  private SpecWriter() {}

  /** A spec of which {@link SpecReader} makes this session's owner and spec again. */
  static NotebookSessionSpec of(Session session) {
    SessionSpec spec = session.spec();
    return new NotebookSessionSpec(
        session.owner().subject(),
        spec.displayName().isEmpty() ? null : spec.displayName(),
        accelerator(spec.accelerator()),
        new Quantity(
            BigDecimal.valueOf(spec.compute().cpuMilli(), CPU_SCALE)
                .stripTrailingZeros()
                .toPlainString()),
        bytes(spec.compute().memoryBytes()),
        spec.volume().orElse(null),
        spec.queue(),
        spec.priority(),
        spec.image().map(Image::reference).orElse(null),
        spec.environment().variables().isEmpty() ? null : spec.environment().variables(),
        DurationText.of(spec.policy().idleTimeout()),
        DurationText.of(spec.policy().maximumLifetime()),
        DurationText.of(spec.policy().warning()));
  }

  private static @Nullable AcceleratorWish accelerator(Accelerator accelerator) {
    return accelerator.isNone()
        ? null
        : new AcceleratorWish(
            accelerator.types(),
            accelerator.count(),
            accelerator.milli(),
            accelerator.memoryBytes() == 0 ? null : bytes(accelerator.memoryBytes()));
  }

  private static Quantity bytes(long bytes) {
    return bytes % MEBIBYTE == 0
        ? new Quantity(bytes / MEBIBYTE + "Mi")
        : new Quantity(Long.toString(bytes));
  }
}
