package dev.notebay.scheduler.core.fleet;

import java.util.List;

/** The live picture of nodes and devices. */
@FunctionalInterface
public interface Fleet {
  /** All nodes as they were last seen, ordered by name. Never blocks for long. */
  List<Node> nodes();
}
