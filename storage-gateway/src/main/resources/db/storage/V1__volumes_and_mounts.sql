CREATE TABLE storage.volume (
  uid            uuid PRIMARY KEY,
  owner          text NOT NULL CHECK (length(owner) BETWEEN 1 AND 255),
  volume_id      text NOT NULL COLLATE "C"
                 CHECK (volume_id ~ '^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$'),
  display_name   text NOT NULL CHECK (length(display_name) <= 100),
  access_mode    text NOT NULL CHECK (access_mode IN ('MULTI_WRITER', 'SINGLE_WRITER')),
  quota_bytes    bigint NOT NULL CHECK (quota_bytes >= 0),
  state          text NOT NULL CHECK (state IN ('ACTIVE', 'DELETED', 'PURGING')),
  state_time     timestamptz,
  expire_time    timestamptz,
  create_time    timestamptz NOT NULL,
  update_time    timestamptz NOT NULL,
  version        bigint NOT NULL CHECK (version >= 1),
  used_bytes     bigint CHECK (used_bytes >= 0),
  file_count     bigint CHECK (file_count >= 0),
  measure_time   timestamptz,
  CHECK ((state = 'ACTIVE') = (state_time IS NULL)),
  CHECK ((state = 'DELETED') = (expire_time IS NOT NULL)),
  CHECK ((used_bytes IS NULL) = (measure_time IS NULL)
     AND (file_count IS NULL) = (measure_time IS NULL))
);

-- A volume that is being purged gives its name back.
CREATE UNIQUE INDEX volume_name ON storage.volume (owner, volume_id) WHERE state <> 'PURGING';
CREATE INDEX volume_expiry ON storage.volume (expire_time) WHERE state = 'DELETED';
CREATE INDEX volume_purging ON storage.volume (state_time) WHERE state = 'PURGING';

CREATE TABLE storage.create_request (
  owner       text NOT NULL,
  request_id  uuid NOT NULL,
  digest      text NOT NULL,
  volume_uid  uuid NOT NULL REFERENCES storage.volume (uid) ON DELETE CASCADE,
  PRIMARY KEY (owner, request_id)
);
CREATE INDEX create_request_volume ON storage.create_request (volume_uid);

-- The newest attempt seen of a session. Stays after its mounts are gone: a late one is refused by it.
CREATE TABLE storage.session_fence (
  session_id     uuid PRIMARY KEY,
  newest_attempt integer NOT NULL CHECK (newest_attempt >= 1),
  seen_time      timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE storage.mount (
  volume_uid     uuid NOT NULL REFERENCES storage.volume (uid),
  session_id     uuid NOT NULL REFERENCES storage.session_fence (session_id),
  attempt        integer NOT NULL CHECK (attempt >= 1),
  node           text NOT NULL,
  mount_time     timestamptz NOT NULL,
  single_writer  boolean NOT NULL,
  PRIMARY KEY (volume_uid, session_id)
);
CREATE INDEX mount_session ON storage.mount (session_id);
-- The last line of defence: never two sessions on a single-writer volume.
CREATE UNIQUE INDEX mount_single_writer ON storage.mount (volume_uid) WHERE single_writer;
