package dev.notebay.agent.control;

import java.util.UUID;

/**
 * Which runtime this is.
 *
 * @param runtimeUid this one start of it; the same when only the agent is started again
 */
public record Identity(UUID session, int attempt, String runtimeUid) {}
