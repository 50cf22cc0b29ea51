package dev.notebay.scheduler.kube.session;

import dev.notebay.scheduler.kube.Labels;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/**
 * A session as an object of a Kubernetes cluster. {@code deploy/src/main/helm/notebay/crds} holds
 * its definition, which is made from these types.
 */
@Group(Labels.GROUP)
@Version("v1alpha1")
@Plural("notebooksessions")
@ShortNames("nbs")
@Categories("notebay")
public final class NotebookSession
    extends CustomResource<NotebookSessionSpec, NotebookSessionStatus> implements Namespaced {
  private static final long serialVersionUID = 1L;
}
