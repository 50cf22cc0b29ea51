package dev.notebay.agent.core.kernel;

import java.time.Instant;
import java.util.Optional;

/**
 * A kernel as it is now.
 *
 * @param name its kernelspec
 * @param lastActivity when it last said anything on IOPub, or was started
 * @param waitingForInput whether it has asked for input that nobody has given yet
 * @param lastOutput when it last produced output (anything on IOPub but status), or was started
 * @param death why it died, in words for a person; present exactly while it is {@link
 *     ExecutionState#DEAD}
 */
public record KernelView(
    KernelId id,
    String name,
    ExecutionState state,
    Instant lastActivity,
    boolean waitingForInput,
    Instant lastOutput,
    Optional<String> death) {}
