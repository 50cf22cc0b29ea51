package dev.notebay.agent.core.activity;

import java.time.Duration;

/**
 * An end that comes if nothing changes.
 *
 * @param at when, on the agent's monotonic axis
 */
public record Ending(Duration at, Cause cause) {}
