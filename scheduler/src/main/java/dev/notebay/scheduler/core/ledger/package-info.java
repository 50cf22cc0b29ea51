/** Who has used how much of which devices. */
@NullMarked
package dev.notebay.scheduler.core.ledger;

import org.jspecify.annotations.NullMarked;
