/** Looks for ways to lose a session or give a device twice. */
@NullMarked
package dev.notebay.reliability;

import org.jspecify.annotations.NullMarked;
