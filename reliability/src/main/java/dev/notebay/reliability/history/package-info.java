/** Checks that what callers were answered could have come of one session after the other. */
@NullMarked
package dev.notebay.reliability.history;

import org.jspecify.annotations.NullMarked;
