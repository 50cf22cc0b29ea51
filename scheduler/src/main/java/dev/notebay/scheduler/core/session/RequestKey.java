package dev.notebay.scheduler.core.session;

import java.util.UUID;

/**
 * Makes a creation idempotent.
 *
 * @param id made by the caller, unique among the caller's
 * @param digest of what was asked for under this id, in hexadecimal
 */
public record RequestKey(UUID id, String digest) {}
