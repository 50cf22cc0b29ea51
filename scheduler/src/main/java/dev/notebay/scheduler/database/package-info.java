/** Where the database is: somebody else's, or a PostgreSQL of our own that we keep running. */
@NullMarked
package dev.notebay.scheduler.database;

import org.jspecify.annotations.NullMarked;
