-- Instants are milliseconds since the Unix epoch. Handles are UUIDv7, so that their order is that of creation.

CREATE TABLE sessions (
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    handle BLOB NOT NULL UNIQUE,
    subject TEXT NOT NULL,
    application TEXT,
    device TEXT,
    roles TEXT NOT NULL,            -- JSON array
    amr TEXT NOT NULL,              -- JSON array
    created INTEGER NOT NULL,
    authenticated INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    longest_absence INTEGER NOT NULL,
    choice_ms INTEGER,              -- NULL: none; -1: off
    presence TEXT,                  -- JSON object
    locked_at INTEGER,
    own INTEGER NOT NULL,
    today INTEGER NOT NULL,
    due INTEGER,
    version INTEGER NOT NULL,
    ended_at INTEGER,
    ended_reason TEXT
) STRICT;

-- What asks for live sessions finds no ended one in its way, however many are kept.
CREATE INDEX live ON sessions (handle) WHERE ended_at IS NULL;
CREATE INDEX live_by_subject ON sessions (subject, handle) WHERE ended_at IS NULL;
CREATE INDEX live_by_application ON sessions (application, handle) WHERE ended_at IS NULL AND application IS NOT NULL;
CREATE INDEX live_by_device ON sessions (device, handle, application) WHERE ended_at IS NULL AND device IS NOT NULL;
CREATE INDEX live_by_revision ON sessions (today, handle) WHERE ended_at IS NULL;
CREATE INDEX live_by_deadline ON sessions (due) WHERE ended_at IS NULL AND due IS NOT NULL;
CREATE INDEX ended ON sessions (ended_at) WHERE ended_at IS NOT NULL;

-- The roles of live sessions.
CREATE TABLE live_roles (
    role TEXT NOT NULL,
    handle BLOB NOT NULL,
    PRIMARY KEY (role, handle)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    handle BLOB,
    subject TEXT,
    application TEXT,
    reason TEXT,
    actor TEXT NOT NULL,
    detail TEXT
) STRICT;

CREATE INDEX audit_by_handle ON audit (handle) WHERE handle IS NOT NULL;
CREATE INDEX audit_by_subject ON audit (subject) WHERE subject IS NOT NULL;
CREATE INDEX audit_by_kind ON audit (kind);

CREATE TABLE policies (
    revision INTEGER PRIMARY KEY,
    since INTEGER NOT NULL,
    document TEXT NOT NULL          -- JSON
) STRICT;

CREATE TABLE api_keys (
    name TEXT PRIMARY KEY,
    digest BLOB NOT NULL,
    created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The latest instant that the store has heard of, in its only row.
CREATE TABLE clock (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    latest INTEGER NOT NULL
) STRICT;

INSERT INTO clock VALUES (1, 0);
