-- An unmount ends the attempt itself: its mount, should it come late, is refused.
ALTER TABLE storage.session_fence RENAME COLUMN newest_attempt TO oldest_allowed;
COMMENT ON COLUMN storage.session_fence.oldest_allowed IS
  'No older attempt of the session may mount: the newest that mounted, or one more than the newest unmounted';
