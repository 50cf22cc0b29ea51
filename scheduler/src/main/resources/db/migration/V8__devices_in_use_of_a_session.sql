-- What a session has now, without those that all sessions have.
CREATE INDEX device_in_use_of_session ON device_use (session_id) WHERE used_until IS NULL;
