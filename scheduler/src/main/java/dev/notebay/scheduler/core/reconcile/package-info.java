/** From what should be and what is to the next idempotent steps. */
@NullMarked
package dev.notebay.scheduler.core.reconcile;

import org.jspecify.annotations.NullMarked;
