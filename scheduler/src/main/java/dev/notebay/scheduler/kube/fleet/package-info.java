/** The nodes of a cluster as a fleet, with what others than sessions have of them. */
@NullMarked
package dev.notebay.scheduler.kube.fleet;

import org.jspecify.annotations.NullMarked;
