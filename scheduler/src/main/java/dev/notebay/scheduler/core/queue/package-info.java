/** Who is next: quotas in cohorts, fair shares, reservations, promises and preemption. */
@NullMarked
package dev.notebay.scheduler.core.queue;

import org.jspecify.annotations.NullMarked;
