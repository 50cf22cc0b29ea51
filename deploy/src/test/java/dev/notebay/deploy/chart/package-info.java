/** The Helm chart, without a cluster: rendered, read, and held against what it must not be. */
@NullMarked
package dev.notebay.deploy.chart;

import org.jspecify.annotations.NullMarked;
