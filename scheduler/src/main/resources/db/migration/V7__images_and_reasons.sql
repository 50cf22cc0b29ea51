-- What runs in a session, as its owner wants it, and the faults of a cluster.
-- The checks repeat the rules of the types in dev.notebay.scheduler.core.session.
ALTER TABLE session
  ADD COLUMN image              text CHECK (length(image) BETWEEN 1 AND 255),
  ADD COLUMN environment_names  text[] NOT NULL DEFAULT '{}',
  ADD COLUMN environment_values text[] NOT NULL DEFAULT '{}',
  ADD CHECK (cardinality(environment_names) <= 64),
  ADD CHECK (cardinality(environment_names) = cardinality(environment_values)),
  DROP CONSTRAINT session_end_reason_check,
  ADD CONSTRAINT session_end_reason_check CHECK (end_reason IN (
    'USER_REQUEST', 'IDLE_TIMEOUT', 'MAX_LIFETIME', 'PREEMPTED', 'START_FAILED',
    'START_TIMEOUT', 'RUNTIME_LOST', 'NODE_LOST', 'VOLUME_NOT_FOUND', 'VOLUME_UNAVAILABLE',
    'IMAGE_UNAVAILABLE', 'KERNEL_OUT_OF_MEMORY', 'EVICTED', 'UNPLACEABLE'));
