/** What the service tells its operators in numbers. */
@NullMarked
package dev.notebay.storage.metrics;

import org.jspecify.annotations.NullMarked;
