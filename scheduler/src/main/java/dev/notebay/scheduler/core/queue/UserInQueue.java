package dev.notebay.scheduler.core.queue;

import dev.notebay.scheduler.core.session.Owner;

/** One person in one queue: what they use of it counts for them there only. */
record UserInQueue(String queue, Owner owner) {}
