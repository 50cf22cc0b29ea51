/** Volumes on a local directory tree, resolved beneath their roots by the kernel. */
@NullMarked
package dev.notebay.storage.files;

import org.jspecify.annotations.NullMarked;
