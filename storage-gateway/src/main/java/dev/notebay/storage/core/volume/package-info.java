/** What a volume is, how it lives and ends, and where that is kept. */
@NullMarked
package dev.notebay.storage.core.volume;

import org.jspecify.annotations.NullMarked;
