/** Sessions as pods: what a pod is made of, what it does, and what it tells. */
@NullMarked
package dev.notebay.scheduler.kube.launch;

import org.jspecify.annotations.NullMarked;
