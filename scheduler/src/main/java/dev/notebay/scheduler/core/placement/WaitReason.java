package dev.notebay.scheduler.core.placement;

/**
 * Why a session waits, and why a node refuses a request. The names are stable: they are sent and
 * counted.
 *
 * <p>Those about nodes stand in the order in which a node is examined: each node that refuses gives
 * the first that is true of it.
 */
public enum WaitReason {
  /** The node has not the labels that were asked for. */
  NODE_LABELS_MISMATCH("without the labels that are wanted"),
  /** The node takes only sessions with one of its accelerators. */
  NODE_FOR_ACCELERATORS("only for sessions with an accelerator"),
  /**
   * The node has no such accelerator, too few, with too little memory, or none that it shares, even
   * when empty.
   */
  ACCELERATOR_MISMATCH("without such an accelerator"),
  /** The node has too little CPU or memory, even when empty. */
  NODE_TOO_SMALL("too small"),
  /** The volume is on another node, and can be mounted only there. */
  VOLUME_ELSEWHERE("without the volume"),
  /** Nothing new may be placed on the node now. */
  NODE_UNAVAILABLE("unavailable"),
  /** Too few of its accelerators are free now. */
  ACCELERATOR_BUSY("with too little of the accelerator free"),
  /** Enough of its accelerators is free now, but not of their memory. */
  ACCELERATOR_MEMORY_BUSY("with too little GPU memory free"),
  CPU_BUSY("with too little CPU free"),
  MEMORY_BUSY("with too little memory free"),
  /** It would fit, but what is free is kept for a session that has waited longer. */
  WAITING_BEHIND_OTHERS("kept for others"),
  /** Its single-writer volume is held by another session: not about nodes. */
  VOLUME_IN_USE(""),
  /** Its queue holds all that it may of the accelerator, with what it may borrow. */
  WAITING_FOR_QUOTA(""),
  /** Others have been told to leave for it, and have not left yet. */
  WAITING_FOR_PREEMPTED(""),
  /** Its owner holds as much of the queue as one person may. */
  USER_LIMIT(""),
  /** Its owner has used up the budget of the present period. */
  BUDGET_SPENT(""),
  /** There is no such queue any more. */
  QUEUE_MISSING(""),
  /** No pass has seen it yet, and there is room. */
  PENDING_EVALUATION("");

  private final String words;

  WaitReason(String words) {
    this.words = words;
  }

  /** Whether the node could not take the request even if it were empty and available. */
  boolean isForEver() {
    return compareTo(NODE_TOO_SMALL) <= 0;
  }

  /** Follows "3 nodes". */
  String words() {
    return words;
  }
}
