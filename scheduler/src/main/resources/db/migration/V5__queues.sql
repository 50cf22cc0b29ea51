-- What sessions ask for beside room, what they have been told, and what a device in use counts as.
-- The checks repeat the rules of the types in dev.notebay.scheduler.core.session.
ALTER TABLE session
  ADD COLUMN queue text NOT NULL DEFAULT 'default'
    CHECK (queue ~ '^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$'),
  ADD COLUMN priority integer NOT NULL DEFAULT 0,
  ADD COLUMN accelerator_types text[],
  ADD COLUMN accelerator_milli integer NOT NULL DEFAULT 1000
    CHECK (accelerator_milli BETWEEN 1 AND 1000),
  ADD COLUMN accelerator_memory_bytes bigint NOT NULL DEFAULT 0
    CHECK (accelerator_memory_bytes >= 0),
  ADD COLUMN start_by timestamptz,
  ADD COLUMN assigned_type text,
  ADD COLUMN preempt_at timestamptz;

UPDATE session SET
  accelerator_types = ARRAY[accelerator_type],
  assigned_type = CASE WHEN node IS NOT NULL THEN accelerator_type END;

ALTER TABLE session
  DROP COLUMN accelerator_type,
  ALTER COLUMN accelerator_types SET NOT NULL,
  ALTER COLUMN queue DROP DEFAULT,
  ALTER COLUMN priority DROP DEFAULT,
  ALTER COLUMN accelerator_milli DROP DEFAULT,
  ALTER COLUMN accelerator_memory_bytes DROP DEFAULT,
  ADD CHECK (cardinality(accelerator_types) >= 1),
  ADD CHECK ((accelerator_types = ARRAY['none']) = (accelerator_count = 0)),
  ADD CHECK (accelerator_milli = 1000 OR accelerator_count = 1),
  ADD CHECK (start_by IS NULL OR state = 'QUEUED'),
  ADD CHECK ((node IS NULL) = (assigned_type IS NULL)),
  ADD CHECK (preempt_at IS NULL OR state = 'RUNNING');

-- Class and thousandths of the device, as the session had it: fleets change.
ALTER TABLE device_use
  ADD COLUMN type text,
  ADD COLUMN milli integer NOT NULL DEFAULT 1000 CHECK (milli BETWEEN 1 AND 1000);

UPDATE device_use SET type = accelerator_types[1] FROM session WHERE session.id = session_id;

ALTER TABLE device_use ALTER COLUMN type SET NOT NULL;

-- Uses of a stretch of time.
CREATE INDEX device_use_ended ON device_use (used_until);
