/**
 * A Kubernetes cluster as fleet and launcher: its nodes, the pods of sessions, and what people
 * apply with {@code kubectl}.
 */
@NullMarked
package dev.notebay.scheduler.kube;

import org.jspecify.annotations.NullMarked;
