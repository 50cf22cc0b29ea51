/** Who holds a volume, fenced by session and attempt. */
@NullMarked
package dev.notebay.storage.core.mount;

import org.jspecify.annotations.NullMarked;
