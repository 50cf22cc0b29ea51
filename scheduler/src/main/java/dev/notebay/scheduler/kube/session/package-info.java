/**
 * Sessions as custom resources: what {@code kubectl apply}, {@code get} and {@code delete} work on.
 */
@NullMarked
package dev.notebay.scheduler.kube.session;

import org.jspecify.annotations.NullMarked;
