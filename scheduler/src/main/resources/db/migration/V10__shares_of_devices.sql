-- Shares of devices. The checks repeat the rules of the types in dev.notebay.scheduler.core.session.
ALTER TABLE session
  ADD COLUMN assigned_memory_bytes bigint CHECK (assigned_memory_bytes >= 0),
  ADD COLUMN assigned_memory_of    bigint,
  ADD CHECK ((assigned_memory_bytes IS NULL) = (assigned_memory_of IS NULL)),
  ADD CHECK (assigned_memory_bytes <= assigned_memory_of),
  ADD CHECK (assigned_memory_of IS NULL OR node IS NOT NULL);

-- A use without a session is that of a device by all who share it, from the first share to the end
-- of the last, and says what they have of it together. It takes the device whole, so that the index
-- which keeps a device from being given twice keeps whole uses and shares apart.
ALTER TABLE device_use
  ALTER COLUMN session_id DROP NOT NULL,
  ALTER COLUMN attempt DROP NOT NULL,
  ADD COLUMN memory_bytes bigint NOT NULL DEFAULT 0 CHECK (memory_bytes >= 0),
  ADD COLUMN memory_of    bigint NOT NULL DEFAULT 0,
  ADD COLUMN shared_milli integer CHECK (shared_milli BETWEEN 0 AND 1000),
  ADD CHECK (memory_of = 0 OR memory_bytes <= memory_of),
  ADD CHECK ((session_id IS NULL) = (attempt IS NULL)),
  ADD CHECK ((session_id IS NULL) = (shared_milli IS NOT NULL)),
  ADD CHECK (shared_milli IS NULL OR milli = 1000);

DROP INDEX device_in_use;
CREATE UNIQUE INDEX device_in_use ON device_use (node, device)
  WHERE used_until IS NULL AND milli = 1000;

-- Leaves out the share that a device has no room for, as ON CONFLICT DO NOTHING does the device that
-- another has: of a whole use the sum is null, and nothing fits beside it.
CREATE FUNCTION begin_share() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO scheduler.device_use AS shared
    (node, device, type, used_from, shared_milli, memory_bytes, memory_of)
  VALUES
    (NEW.node, NEW.device, NEW.type, clock_timestamp(), NEW.milli, NEW.memory_bytes, NEW.memory_of)
  ON CONFLICT (node, device) WHERE used_until IS NULL AND milli = 1000 DO UPDATE SET
    shared_milli = shared.shared_milli + excluded.shared_milli,
    memory_bytes = shared.memory_bytes + excluded.memory_bytes,
    memory_of = excluded.memory_of
  WHERE shared.shared_milli + excluded.shared_milli <= 1000
    AND (excluded.memory_of = 0
      OR shared.memory_bytes + excluded.memory_bytes <= excluded.memory_of);
  RETURN CASE WHEN FOUND THEN NEW END;
END
$$;

CREATE TRIGGER share_begins BEFORE INSERT ON device_use
  FOR EACH ROW WHEN (NEW.milli < 1000 AND NEW.used_until IS NULL) EXECUTE FUNCTION begin_share();

CREATE FUNCTION end_share() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE scheduler.device_use SET
    shared_milli = shared_milli - OLD.milli,
    memory_bytes = memory_bytes - OLD.memory_bytes,
    used_until = CASE WHEN shared_milli = OLD.milli THEN greatest(used_from, clock_timestamp()) END
  WHERE node = OLD.node AND device = OLD.device AND used_until IS NULL AND milli = 1000
    AND session_id IS NULL;
  RETURN NULL;
END
$$;

CREATE TRIGGER share_ends AFTER UPDATE OF used_until ON device_use
  FOR EACH ROW WHEN (NEW.milli < 1000 AND OLD.used_until IS NULL AND NEW.used_until IS NOT NULL)
  EXECUTE FUNCTION end_share();
