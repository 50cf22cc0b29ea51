/** Many threads that want few devices, on a real PostgreSQL. */
@NullMarked
package dev.notebay.reliability.allocation;

import org.jspecify.annotations.NullMarked;
