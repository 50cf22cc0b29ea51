/** A Java agent that ends the process of a service at a named point of its code. */
@NullMarked
package dev.notebay.reliability.crash;

import org.jspecify.annotations.NullMarked;
