/**
 * The whole control plane in one thread under a virtual clock: the services' own code, on models of
 * everything that it talks to, with faults drawn from a seed.
 */
@NullMarked
package dev.notebay.reliability.simulation;

import org.jspecify.annotations.NullMarked;
