/** The services of one machine: starting, finding and stopping them. */
@NullMarked
package dev.notebay.cli.services;

import org.jspecify.annotations.NullMarked;
