-- At most one row: which replica leads. A change of epoch is a change of a key, so that it waits
-- for the writers that hold the row FOR KEY SHARE; a renewal of the lease is not, and does not.
CREATE TABLE leader (
  single  boolean PRIMARY KEY DEFAULT true CHECK (single),
  epoch   bigint NOT NULL UNIQUE CHECK (epoch >= 1),
  replica text NOT NULL,
  expires timestamptz NOT NULL
);

-- Who has had which device from when to when, by this database's clock. What is in use has no end.
CREATE TABLE device_use (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  session_id uuid NOT NULL REFERENCES session (id),
  attempt    integer NOT NULL CHECK (attempt >= 1),
  node       text NOT NULL,
  device     text NOT NULL,
  used_from  timestamptz NOT NULL,
  used_until timestamptz CHECK (used_until >= used_from)
);

INSERT INTO device_use (session_id, attempt, node, device, used_from)
SELECT session_id, attempt, booking.node, device, assigned_at
FROM device_booking AS booking JOIN session ON session.id = session_id;

DROP TABLE device_booking;

-- What keeps a device from being given twice.
CREATE UNIQUE INDEX device_in_use ON device_use (node, device) WHERE used_until IS NULL;
CREATE INDEX device_use_of_session ON device_use (session_id);
