/** The built services as real processes, killed at any moment, and what is checked from outside. */
@NullMarked
package dev.notebay.reliability.processes;

import org.jspecify.annotations.NullMarked;
