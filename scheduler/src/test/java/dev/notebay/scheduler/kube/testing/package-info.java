/** Clusters for tests. */
@NullMarked
package dev.notebay.scheduler.kube.testing;

import org.jspecify.annotations.NullMarked;
