-- Queues as operators state them. The checks repeat the rules of dev.notebay.scheduler.core.queue.Queues.
CREATE TABLE queue (
  name                text PRIMARY KEY CHECK (name ~ '^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$'),
  cohort              text CHECK (cohort ~ '^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$'),
  weight              double precision NOT NULL CHECK (weight > 0 AND weight <= 1000000),
  reclaim             text NOT NULL CHECK (reclaim IN ('NEVER', 'LOWER_PRIORITY', 'ANY')),
  preemption          text NOT NULL CHECK (preemption IN ('NEVER', 'LOWER_PRIORITY')),
  minimum_run_nanos   bigint NOT NULL CHECK (minimum_run_nanos >= 0),
  notice_nanos        bigint NOT NULL CHECK (notice_nanos >= 0),
  lowest_priority     integer NOT NULL,
  highest_priority    integer NOT NULL CHECK (highest_priority >= lowest_priority),
  user_sessions       integer CHECK (user_sessions > 0),
  user_devices_milli  bigint CHECK (user_devices_milli > 0),
  budget_gpu_seconds  bigint CHECK (budget_gpu_seconds > 0),
  budget_period_nanos bigint CHECK (budget_period_nanos > 0),
  CHECK ((budget_gpu_seconds IS NULL) = (budget_period_nanos IS NULL))
);

CREATE TABLE quota (
  queue                 text NOT NULL REFERENCES queue (name) ON DELETE CASCADE,
  accelerator           text NOT NULL CHECK (accelerator <> 'none'),
  position              integer NOT NULL CHECK (position >= 0),
  nominal_milli         bigint NOT NULL CHECK (nominal_milli >= 0),
  borrowing_limit_milli bigint CHECK (borrowing_limit_milli >= 0),
  lending_limit_milli   bigint CHECK (lending_limit_milli BETWEEN 0 AND nominal_milli),
  PRIMARY KEY (queue, accelerator)
);

-- One row: how often the queues have been changed.
CREATE TABLE queue_version (
  single  boolean PRIMARY KEY DEFAULT true CHECK (single),
  version bigint NOT NULL CHECK (version >= 0)
);
INSERT INTO queue_version (version) VALUES (0);
