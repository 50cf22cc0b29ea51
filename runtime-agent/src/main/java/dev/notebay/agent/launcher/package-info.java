/** The unix socket that the kernel launcher connects to, and the kernels behind it. */
@NullMarked
package dev.notebay.agent.launcher;

import org.jspecify.annotations.NullMarked;
