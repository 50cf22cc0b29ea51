/** Puts the service together from its environment. */
@NullMarked
package dev.notebay.storage.config;

import org.jspecify.annotations.NullMarked;
