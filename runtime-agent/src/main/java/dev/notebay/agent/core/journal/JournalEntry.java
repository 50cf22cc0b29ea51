package dev.notebay.agent.core.journal;

import dev.notebay.agent.core.wire.Channel;
import dev.notebay.agent.core.wire.WireMessage;
import java.time.Instant;

/**
 * One message that a kernel sent, on any channel.
 *
 * @param sequence 1 for the first of a kernel, one more for each after it
 * @param time when the agent received it
 */
public record JournalEntry(long sequence, Instant time, Channel channel, WireMessage message) {}
