/** Notebooks: reading, running cell by cell, writing what came out. */
@NullMarked
package dev.notebay.cli.notebook;

import org.jspecify.annotations.NullMarked;
