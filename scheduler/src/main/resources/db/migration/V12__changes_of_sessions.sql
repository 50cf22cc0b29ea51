-- A new version of a session's row is cheap where it changes no column that an index names and finds
-- room on the page of the one before: so the indexes name only what hardly ever changes.
ALTER TABLE session
  SET (fillfactor = 50),
  ADD COLUMN unfinished boolean NOT NULL
    GENERATED ALWAYS AS (state <> 'ENDED' OR volume_held) STORED;
DROP INDEX session_unfinished;
CREATE INDEX session_unfinished ON session (owner) WHERE unfinished;

-- Which transaction wrote which session, whoever ran it: a reader that knows up to which transaction
-- it has seen everything asks for what was written since. What is old is deleted, but never the
-- newest before what is kept: whoever asks from before the oldest must read everything.
CREATE TABLE session_change (
  written    xid8 NOT NULL,
  session_id uuid NOT NULL
);
CREATE INDEX session_change_written ON session_change (written);
INSERT INTO session_change (written, session_id)
VALUES ('0', '00000000-0000-0000-0000-000000000000');

DROP TRIGGER session_written ON session;
DROP FUNCTION note_writer();
ALTER TABLE session DROP COLUMN written;

CREATE FUNCTION note_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO scheduler.session_change (written, session_id)
  SELECT pg_current_xact_id(), id FROM changed;
  RETURN NULL;
END
$$;

CREATE TRIGGER session_made AFTER INSERT ON session
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_changes();
CREATE TRIGGER session_changed AFTER UPDATE ON session
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_changes();

-- A foreign key locks and writes the session's row again for each device, just after its writer has
-- written it. What is left of it: a session that has had devices stays, since the ledger names it.
ALTER TABLE device_use DROP CONSTRAINT device_use_session_id_fkey;

CREATE FUNCTION keep_used() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM scheduler.device_use WHERE session_id = OLD.id) THEN
    RAISE foreign_key_violation USING MESSAGE = 'session ' || OLD.id || ' has had devices';
  END IF;
  RETURN OLD;
END
$$;

CREATE TRIGGER session_is_kept BEFORE DELETE ON session
  FOR EACH ROW EXECUTE FUNCTION keep_used();

-- A session has had few devices that it has no more: device_use_of_session finds both.
DROP INDEX device_in_use_of_session;
