package dev.notebay.storage.kube;

import java.util.Optional;

/**
 * How volumes become claims.
 *
 * @param installation value of the label by which this installation knows its objects
 * @param namespace where sessions' pods are, and so their claims
 * @param storageClass empty for the cluster's default
 * @param accessMode who may mount a claim at once, in Kubernetes' words
 */
public record ClaimSettings(
    String installation, String namespace, Optional<String> storageClass, String accessMode) {}
