-- When a use begins is noted once it is booked: with room on its page that touches no index.
ALTER TABLE device_use SET (fillfactor = 50);

-- Of the uses of a stretch of time, those that are over: every booking would pay for the others.
DROP INDEX device_use_ended;
CREATE INDEX device_use_ended ON device_use (used_until) WHERE used_until IS NOT NULL;
