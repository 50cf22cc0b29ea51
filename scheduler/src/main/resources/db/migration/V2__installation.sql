-- At most one row: which state directory's sessions these are.
CREATE TABLE installation (
  id     uuid PRIMARY KEY,
  single boolean NOT NULL DEFAULT true UNIQUE CHECK (single)
);
