-- Sessions, and which of them has which device. The checks repeat the rules of the types in
-- dev.notebay.scheduler.core.session; what no state can carry cannot be written.
CREATE TABLE session (
  id                     uuid PRIMARY KEY,
  owner                  text NOT NULL CHECK (char_length(owner) BETWEEN 1 AND 255),
  request_id             uuid NOT NULL,
  request_digest         text NOT NULL,

  display_name           text NOT NULL,
  accelerator_type       text NOT NULL,
  accelerator_count      integer NOT NULL CHECK (accelerator_count BETWEEN 0 AND 64),
  cpu_milli              bigint NOT NULL CHECK (cpu_milli > 0),
  memory_bytes           bigint NOT NULL CHECK (memory_bytes > 0),
  volume                 text,
  idle_timeout_nanos     bigint NOT NULL CHECK (idle_timeout_nanos > 0),
  maximum_lifetime_nanos bigint NOT NULL CHECK (maximum_lifetime_nanos > 0),
  warning_nanos          bigint NOT NULL,

  created                timestamptz NOT NULL,
  updated                timestamptz NOT NULL,
  version                bigint NOT NULL CHECK (version >= 1),
  attempt                integer NOT NULL CHECK (attempt >= 0),
  policy_generation      bigint NOT NULL CHECK (policy_generation >= 1),
  extend_until           timestamptz,

  state                  text NOT NULL
    CHECK (state IN ('QUEUED', 'STARTING', 'RUNNING', 'STOPPING', 'ENDED')),
  queued_since           timestamptz,
  held_back_until        timestamptz,
  held_back_why          text,
  node                   text,
  devices                text[],
  assigned_at            timestamptz,
  claimed_by             text,
  jupyter                text,
  ready_at               timestamptz,
  end_reason             text
    CHECK (end_reason IN (
      'USER_REQUEST', 'IDLE_TIMEOUT', 'MAX_LIFETIME', 'PREEMPTED', 'START_FAILED',
      'START_TIMEOUT', 'RUNTIME_LOST', 'NODE_LOST', 'VOLUME_NOT_FOUND', 'UNPLACEABLE')),
  end_message            text,
  stopping_since         timestamptz,
  ended_at               timestamptz,
  volume_held            boolean,

  CONSTRAINT session_request UNIQUE (owner, request_id),
  CHECK ((accelerator_type = 'none') = (accelerator_count = 0)),
  CHECK (warning_nanos >= 0 AND warning_nanos < idle_timeout_nanos),
  CHECK (updated >= created),
  CHECK ((state = 'QUEUED') = (queued_since IS NOT NULL)),
  CHECK ((held_back_until IS NULL) = (held_back_why IS NULL)),
  CHECK (held_back_until IS NULL OR state = 'QUEUED'),
  CHECK ((state IN ('STARTING', 'RUNNING', 'STOPPING')) = (node IS NOT NULL)),
  CHECK ((node IS NULL) = (devices IS NULL)),
  CHECK ((node IS NULL) = (assigned_at IS NULL)),
  CHECK (node IS NULL OR attempt >= 1),
  CHECK (state <> 'RUNNING' OR claimed_by IS NOT NULL),
  CHECK (claimed_by IS NULL OR state IN ('STARTING', 'RUNNING')),
  CHECK ((state = 'RUNNING') = (jupyter IS NOT NULL)),
  CHECK ((state = 'RUNNING') = (ready_at IS NOT NULL)),
  CHECK ((state IN ('STOPPING', 'ENDED')) = (end_reason IS NOT NULL)),
  CHECK ((end_reason IS NULL) = (end_message IS NULL)),
  CHECK ((state = 'STOPPING') = (stopping_since IS NOT NULL)),
  CHECK ((state = 'ENDED') = (ended_at IS NOT NULL)),
  CHECK ((state = 'ENDED') = (volume_held IS NOT NULL))
);

-- Pages of one owner, newest first.
CREATE INDEX session_of_owner ON session (owner, created DESC, id DESC);

-- What the reconciler looks at, and what counts against an owner's limit: small, however many
-- sessions there have ever been.
CREATE INDEX session_unfinished ON session (created, id) WHERE state <> 'ENDED' OR volume_held;
CREATE INDEX session_unfinished_of_owner ON session (owner) WHERE state <> 'ENDED';

-- The primary key is what keeps a device from being given twice.
CREATE TABLE device_booking (
  node       text NOT NULL,
  device     text NOT NULL,
  session_id uuid NOT NULL REFERENCES session (id),
  PRIMARY KEY (node, device)
);

CREATE INDEX device_booking_of_session ON device_booking (session_id);
