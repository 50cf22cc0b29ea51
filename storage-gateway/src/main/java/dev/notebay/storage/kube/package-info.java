/** A Kubernetes cluster as the place of volumes: one PersistentVolumeClaim each. */
@NullMarked
package dev.notebay.storage.kube;

import org.jspecify.annotations.NullMarked;
