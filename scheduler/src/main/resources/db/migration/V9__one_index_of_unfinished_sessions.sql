-- One index finds all that is unfinished and what of it counts against an owner's limit: every write
-- of a session pays for each.
DROP INDEX session_unfinished;
DROP INDEX session_unfinished_of_owner;
CREATE INDEX session_unfinished ON session (owner) WHERE state <> 'ENDED' OR volume_held;
