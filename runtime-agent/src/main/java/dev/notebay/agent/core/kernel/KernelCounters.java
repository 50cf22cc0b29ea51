package dev.notebay.agent.core.kernel;

/**
 * What the kernels of this session have done since the agent started; only ever grows.
 *
 * @param started processes started, restarts too
 * @param died processes that ended without being asked to
 * @param received messages taken from kernels
 * @param refused messages refused: forged, replayed, truncated, too large
 * @param journalBytes bytes written to journals
 */
public record KernelCounters(
    long started, long died, long received, long refused, long journalBytes) {}
