/** What people and agents may ask of sessions. */
@NullMarked
package dev.notebay.scheduler.core.request;

import org.jspecify.annotations.NullMarked;
