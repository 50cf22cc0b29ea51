/** How identity, errors and limits travel on every gRPC endpoint of Notebay. */
@NullMarked
package dev.notebay.rpc;

import org.jspecify.annotations.NullMarked;
