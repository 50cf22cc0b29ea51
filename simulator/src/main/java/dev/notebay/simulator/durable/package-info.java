/** Measures the whole scheduler on a real database: gRPC, PostgreSQL, queue, placement, commit. */
@NullMarked
package dev.notebay.simulator.durable;

import org.jspecify.annotations.NullMarked;
