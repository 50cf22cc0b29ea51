/** The files of a volume as everything outside sees them. */
@NullMarked
package dev.notebay.storage.core.file;

import org.jspecify.annotations.NullMarked;
