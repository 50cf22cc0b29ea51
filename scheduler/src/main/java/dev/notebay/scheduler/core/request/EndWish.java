package dev.notebay.scheduler.core.request;

import dev.notebay.scheduler.core.session.EndReason;
import java.time.Instant;

/**
 * An agent's wish that its session ends.
 *
 * @param message for people
 * @param policyGeneration the policy that it is based on
 * @param asOf when that was so, by the time that all replicas share
 */
public record EndWish(EndReason reason, String message, long policyGeneration, Instant asOf) {}
