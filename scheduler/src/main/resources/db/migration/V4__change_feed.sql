-- Which transaction wrote a row last, whoever ran it: a reader that knows up to which transaction it
-- has seen everything asks for what was written since.
ALTER TABLE session ADD COLUMN written xid8 NOT NULL DEFAULT pg_current_xact_id();

CREATE FUNCTION note_writer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.written := pg_current_xact_id();
  RETURN NEW;
END
$$;

CREATE TRIGGER session_written BEFORE UPDATE ON session
  FOR EACH ROW EXECUTE FUNCTION note_writer();

CREATE INDEX session_by_writer ON session (written);
