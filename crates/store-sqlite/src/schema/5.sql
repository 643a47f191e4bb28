-- What the audit is still to be told of a session: JSON object.
ALTER TABLE sessions ADD COLUMN ledger TEXT;

-- Several events in one row: since when, how many, and how long holds lasted.
ALTER TABLE audit ADD COLUMN since INTEGER;
ALTER TABLE audit ADD COLUMN count INTEGER;
ALTER TABLE audit ADD COLUMN held INTEGER;
