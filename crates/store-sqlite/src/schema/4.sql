-- The applications whose sessions a key reaches, as a JSON array; NULL: all sessions.
ALTER TABLE api_keys ADD COLUMN applications TEXT;

-- Who may see one application alone reads its audit without that of the others.
CREATE INDEX audit_by_application ON audit (application, seq) WHERE application IS NOT NULL;
