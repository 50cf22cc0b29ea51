/** End-to-end tests: the distribution, driven as processes. */
@NullMarked
package dev.notebay.deploy;

import org.jspecify.annotations.NullMarked;
