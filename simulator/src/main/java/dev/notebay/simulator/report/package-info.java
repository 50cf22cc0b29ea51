/** Tables, JSON and plots of results. */
@NullMarked
package dev.notebay.simulator.report;

import org.jspecify.annotations.NullMarked;
