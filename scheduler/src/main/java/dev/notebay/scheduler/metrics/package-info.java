/** What operators see on Prometheus. */
@NullMarked
package dev.notebay.scheduler.metrics;

import org.jspecify.annotations.NullMarked;
